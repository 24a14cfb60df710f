import { describe, expect, it } from '@jest/globals';
import { parseArguments, usage } from './arguments.js';

const known = ['catalog', 'cart', 'order_status'];
const parse = (line: string) => parseArguments(line.split(' ').filter(Boolean), known);
const rebuild = {
  ...{ verb: 'rebuild', names: ['cart'], fromVersion: undefined, parallel: undefined },
  ...{ hold: false, wait: true },
};

describe('the arguments of projections', () => {
  it.each([
    ['list', { verb: 'list', json: false }],
    ['list --json', { verb: 'list', json: true }],
    ['show cart --json', { verb: 'show', name: 'cart', json: true }],
    ['rebuild cart', rebuild],
    ['rebuild cart catalog cart', { ...rebuild, names: ['cart', 'catalog'] }],
    ['rebuild --all', { ...rebuild, names: known }],
    [
      'rebuild cart --from-version 2 --parallel 32 --hold --no-wait',
      { ...rebuild, fromVersion: 2, parallel: 32, hold: true, wait: false },
    ],
    ['watch cart', { verb: 'watch', name: 'cart' }],
    ['switch cart', { verb: 'switch', name: 'cart', wait: true }],
    ['resume cart --no-wait', { verb: 'resume', name: 'cart', wait: false }],
    ['cancel cart', { verb: 'cancel', name: 'cart' }],
    ['rollback cart', { verb: 'rollback', name: 'cart' }],
    ['prune cart', { verb: 'prune', name: 'cart' }],
    [
      'verify',
      { verb: 'verify', names: known, sample: null, seed: undefined, parallel: undefined, json: false },
    ],
    [
      'verify cart --sample .05 --parallel 2 --json',
      { verb: 'verify', names: ['cart'], sample: 0.05, seed: undefined, parallel: 2, json: true },
    ],
  ])('%s', (line, options) => {
    expect(parse(line)).toStrictEqual(options);
  });

  it.each([
    [
      '',
      'unknown verb (none): list, show, rebuild, watch, switch, resume, cancel, rollback, prune and verify are there',
    ],
    ['rebuild carts orders carts', 'there is no view carts, orders: there are catalog, cart, order_status'],
    ['verify orders', 'there is no view orders: there are catalog, cart, order_status'],
    ['rebuild', 'rebuild takes names of views, or --all'],
    ['rebuild cart --all', 'rebuild takes names of views, or --all'],
    [
      'rebuild --all --no-wait',
      '--all rebuilds one view after the other, and has to wait for each: leave out --no-wait',
    ],
    ['rebuild cart --parallel 33', '--parallel must be a whole number from 1 to 32'],
    ['rebuild cart --from-version 0', '--from-version must be a whole number from 1 to 1000000'],
    ['rebuild cart --json', '--json does not belong to this verb'],
    ['list cart', 'list takes no names: show takes one'],
    ['show', 'show takes the name of one view'],
    ['switch cart catalog', 'switch takes the name of one view'],
    ['prune cart --all', '--all does not belong to this verb'],
    ['verify --sample 0', '--sample must be above 0 and at most 1'],
    ['verify --sample 1.01', '--sample must be above 0 and at most 1'],
    ['verify --sample 5%', '--sample must be a share of the documents such as 0.05'],
  ])('%s: %s', (line, sentence) => {
    expect(parse(line)).toBe(sentence);
  });

  it('tells of every verb in its usage', () => {
    const refusal = parse('');
    const [, verbs = ''] = /: (.*) are there/.exec(typeof refusal === 'string' ? refusal : '') ?? [];
    const told = [...usage.matchAll(/^npm run projections -- (\w+)/gm)].map(([, verb]) => verb);
    expect(told).toStrictEqual(verbs.split(/, | and /));
  });
});
