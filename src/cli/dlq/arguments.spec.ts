import { describe, expect, it } from '@jest/globals';
import { parseArguments, usage } from './arguments.js';

const now = Date.parse('2026-02-01T12:00:00.000Z');
const parse = (line: string) => parseArguments(line.split(' ').filter(Boolean), now);
const nothing = {
  ...{ ids: undefined, group: undefined, topic: undefined, key: undefined, failure: undefined },
  ...{ state: undefined, eventType: undefined, errorClass: undefined, since: undefined, until: undefined },
};

describe('the arguments of dlq', () => {
  it('list with every filter', () => {
    const line =
      'list --group g --topic t --key k --type E --error C --failure f --state failed --messages --limit 5 --json';
    expect(parse(`${line} --since 2h --until 2026-02-01T11:00:00Z`)).toStrictEqual({
      verb: 'list',
      filter: {
        ...{
          ids: undefined,
          group: 'g',
          topic: 't',
          key: 'k',
          eventType: 'E',
          errorClass: 'C',
          failure: 'f',
        },
        state: 'failed',
        since: Date.parse('2026-02-01T10:00:00Z'),
        until: Date.parse('2026-02-01T11:00:00Z'),
      },
      messages: true,
      limit: 5,
      json: true,
    });
    expect(parse('list')).toStrictEqual({
      verb: 'list',
      filter: nothing,
      messages: false,
      limit: 50,
      json: false,
    });
  });

  it('show, redrive and discard', () => {
    expect(parse('show 1a')).toStrictEqual({ verb: 'show', id: '1a', json: false });
    expect(parse('redrive 1a 2b --rate 0.5 --dry-run')).toStrictEqual({
      verb: 'redrive',
      filter: { ...nothing, ids: ['1a', '2b'] },
      dryRun: true,
      perSecond: 0.5,
      json: false,
    });
    expect(parse('redrive --all')).toMatchObject({ filter: nothing, perSecond: null, dryRun: false });
    expect(parse('discard --key k --json')).toStrictEqual({
      verb: 'discard',
      filter: { ...nothing, key: 'k' },
      dryRun: false,
      json: true,
    });
  });

  it.each([
    ['', 'unknown verb (none): list, show, redrive and discard are there'],
    ['burn', 'unknown verb burn: list, show, redrive and discard are there'],
    ['redrive', 'redrive without ids and filters concerns every dead letter: name some, or say --all'],
    [
      'discard --dry-run',
      'discard without ids and filters concerns every dead letter: name some, or say --all',
    ],
    ['show', 'show takes one id'],
    ['show 1 2', 'show takes one id'],
    ['list 1', 'list takes no 1: name filters, or show an id'],
    ['list --rate 5', '--rate does not belong to this verb'],
    ['show 1 --group g', '--group does not belong to this verb'],
    ['list --limit 0', '--limit must be from 1 to 10000'],
    ['redrive --all --rate x', '--rate must be a number'],
    ['list --state dead', '--state must be one of failed, due, waiting'],
    ['list --since yesterday', '--since must be an instant such as 2026-01-31T12:00:00Z'],
  ])('%s: %s', (line, sentence) => {
    expect(parse(line)).toBe(sentence);
  });

  it('names the option that nobody knows', () => {
    expect(parse('list --colour red')).toContain("'--colour'");
    expect(usage).toContain('redrive');
  });
});
