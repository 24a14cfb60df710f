import { describe, expect, it } from '@jest/globals';
import { parseArguments } from './arguments.js';

const tail = {
  ...{ verb: 'tail', topic: 'orders', json: false, fromBeginning: false, follow: false },
  ...{ partition: undefined, limit: undefined },
};

describe('Arguments of topics', () => {
  it.each([
    [['list'], { verb: 'list', json: false }],
    [['list', '--json'], { verb: 'list', json: true }],
    [['tail', 'orders'], tail],
    [
      ['tail', 'orders', '--from-beginning', '--follow', '--json', '--partition', '0', '--limit', '5'],
      { ...tail, fromBeginning: true, follow: true, json: true, partition: 0, limit: 5 },
    ],
    [['--limit=1', 'tail', 'orders'], { ...tail, limit: 1 }],
  ])('%j', (args, command) => {
    expect(parseArguments(args)).toEqual(command);
  });

  it.each([
    [[], 'unknown verb (none): list and tail are there'],
    [['show'], 'unknown verb show: list and tail are there'],
    [['list', 'orders'], 'list takes no topic: orders'],
    [['list', '--limit', '3', '--follow'], '--limit goes with tail only; --follow goes with tail only'],
    [['tail'], 'tail needs the name of a topic'],
    [['tail', 'orders', 'payments'], 'tail takes one topic, not also payments'],
    [['tail', 'orders', '--limit', '0'], '--limit must be a whole number, 1 at least'],
    [['tail', 'orders', '--limit', 'many'], '--limit must be a whole number, 1 at least'],
    [['tail', 'orders', '--partition', '1.5'], '--partition must be a whole number, 0 at least'],
  ])('%j: a sentence that says what is wrong', (args, sentence) => {
    expect(parseArguments(args)).toBe(sentence);
  });

  it('names an option that is not there', () => {
    expect(parseArguments(['tail', 'orders', '--format'])).toContain("Unknown option '--format'");
  });
});
