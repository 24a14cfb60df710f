import { describe, expect, it } from '@jest/globals';
import { type Position } from '../../kernel/envelope.js';
import { history, on } from '../../projections/testing/history.js';
import { MemoryStore } from '../../projections/testing/in-memory.js';
import { lagsOf, mostCounted } from './lag.js';

const received = (count: number) =>
  history(
    ...Array.from({ length: count }, () =>
      on('inventory-tea', { type: 'StockReceived', data: { sku: 'tea', quantity: 1, reference: null } }),
    ),
  );

describe('The lag', () => {
  const events = received(5);
  const store = new MemoryStore([...events]);
  const now = Date.parse(events[4]?.metadata.occurredAt ?? '') + 1_000;
  const secondsOf = (index: number): number =>
    (now - Date.parse(events[index]?.metadata.occurredAt ?? '')) / 1_000;

  it('is how many events are left, and how old the first of them is', async () => {
    const positions = new Map<string, Position | undefined>([
      ['at the head', events[4]?.position],
      ['two behind', events[2]?.position],
      ['as far', events[2]?.position],
      ['nowhere', undefined],
    ]);
    expect(await lagsOf(store, positions, now)).toEqual(
      new Map([
        ['at the head', { events: 0, seconds: 0 }],
        ['two behind', { events: 2, seconds: secondsOf(3) }],
        ['as far', { events: 2, seconds: secondsOf(3) }],
        ['nowhere', { events: 5, seconds: secondsOf(0) }],
      ]),
    );
  });

  it('is none in a store without events', async () => {
    expect(await lagsOf(new MemoryStore(), new Map([['nowhere', undefined]]), now)).toEqual(
      new Map([['nowhere', { events: 0, seconds: 0 }]]),
    );
  });

  it('is counted up to a bound', async () => {
    const many = new MemoryStore([...received(mostCounted + 5)]);
    expect((await lagsOf(many, new Map([['nowhere', undefined]]), now)).get('nowhere')?.events).toBe(
      mostCounted,
    );
  });
});
