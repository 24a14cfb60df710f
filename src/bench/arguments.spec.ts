import { expect, test } from '@jest/globals';
import { parseArguments } from './arguments.js';

const parsed = (line: string) =>
  parseArguments(line === '' ? [] : line.split(' '), ['order_status', 'inventory', 'payments']);

test('Without a command everything is measured', () => {
  const everything = { do: 'everything', engine: 'embedded', quick: false, json: undefined };
  expect(parsed('')).toEqual(everything);
  expect(parsed('--quick --json out.json')).toEqual({ ...everything, quick: true, json: 'out.json' });
  expect(parsed('--engine real')).toEqual({ ...everything, engine: 'real' });
  expect(parsed('--engine steam')).toBe('--engine steam is neither embedded nor real.');
});

test('A history has a size, a folder and a seed', () => {
  expect(parsed('generate --events 1000 --data d')).toEqual({
    do: 'generate',
    events: 1_000,
    data: 'd',
    seed: 1,
  });
  expect(parsed('generate --events 1000 --data d --seed 9')).toMatchObject({ seed: 9 });
  expect(parsed('generate --events 1000')).toBe('generate needs --events and --data.');
  expect(parsed('generate --events 1e6 --data d')).toBe('--events 1e6 is not a whole number from 1 on.');
});

test('Rebuilds are measured on new histories or on one that is there', () => {
  const views = ['order_status', 'inventory', 'payments'];
  expect(parsed('rebuild')).toEqual({
    do: 'rebuild',
    of: [100_000, 1_000_000, 10_000_000],
    views,
    parallel: 1,
  });
  expect(parsed('rebuild --events 5,6 --views payments --parallel 2')).toEqual({
    ...{ do: 'rebuild', of: [5, 6] },
    ...{ views: ['payments'], parallel: 2 },
  });
  expect(parsed('rebuild --data d')).toEqual({ do: 'rebuild', of: 'd', views, parallel: 1 });
  expect(parsed('rebuild --data d --events 5')).toBe(
    'Either --events or --data: the store in --data has the events that it has.',
  );
  expect(parsed('rebuild --views orders')).toBe(
    'There is no view orders; there are order_status, inventory, payments.',
  );
});

test('What observing costs is measured in rounds', () => {
  expect(parsed('observed')).toEqual({ do: 'observed', rounds: 3, orders: 3_000 });
  expect(parsed('observed --rounds 1 --orders 50')).toEqual({ do: 'observed', rounds: 1, orders: 50 });
  expect(parsed('observed --rounds 0')).toBe('--rounds 0 is not a whole number from 1 on.');
});

test('What there is not is refused', () => {
  expect(parsed('compare')).toBe('There is no command compare.');
  expect(parsed('--fast')).toContain("Unknown option '--fast'");
});
