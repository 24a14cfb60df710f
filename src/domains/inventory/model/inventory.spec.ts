import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fold } from '../../../kernel/decider.js';
import { isRejection } from '../../../kernel/rejection.js';
import { given } from '../../../testing/given-when-then.js';
import { availableOf, inventory, type InventoryCommand } from './inventory.decider.js';
import { type InventoryEvent } from './inventory.events.js';

const sku = 'MUG';
const expiresAt = '2026-01-01T00:15:00.000Z';
const of = (reservationId: string, quantity: number) => ({
  sku,
  reservationId,
  orderId: 'order-of-it',
  quantity,
});

const received: InventoryEvent = { type: 'StockReceived', data: { sku, quantity: 5, reference: 'PO-1' } };
const reserved: InventoryEvent = { type: 'StockReserved', data: { ...of('r1', 3), expiresAt } };
const released: InventoryEvent = { type: 'StockReleased', data: of('r1', 3) };
const expired: InventoryEvent = { type: 'StockReservationExpired', data: of('r1', 3) };
const committed: InventoryEvent = { type: 'StockCommitted', data: { ...of('r1', 3), shipmentId: 's1' } };
const inPart: InventoryEvent = { type: 'StockCommitted', data: { ...of('r1', 2), shipmentId: 's1' } };
const refused: InventoryEvent = {
  type: 'StockReservationRefused',
  data: { ...of('r1', 9), available: 5 },
};

const reserve = (reservationId: string, quantity: number): InventoryCommand => ({
  do: 'reserve',
  ...of(reservationId, quantity),
  expiresAt,
});
const adjust = (delta: number): InventoryCommand => ({ do: 'adjust', sku, delta, reason: 'count' });
const on = (act: 'release' | 'expire', reservationId = 'r1'): InventoryCommand => ({
  do: act,
  sku,
  reservationId,
});
const commit = (quantity: number, shipmentId = 's1', reservationId = 'r1'): InventoryCommand => ({
  do: 'commit',
  sku,
  reservationId,
  shipmentId,
  quantity,
});

const { decider } = inventory;

describe('Stock', () => {
  it('is received', () => {
    given(decider).when({ do: 'receive', sku, quantity: 5, reference: 'PO-1' }).then(received);
  });
  it('is adjusted up and down', () => {
    given(decider, received)
      .when(adjust(2))
      .then({ type: 'StockAdjusted', data: { sku, delta: 2, reason: 'count' } });
    given(decider, received, reserved)
      .when(adjust(-2))
      .then({ type: 'StockAdjusted', data: { sku, delta: -2, reason: 'count' } });
  });
  it('is not adjusted by nothing', () => {
    given(decider, received).when(adjust(0)).then();
  });
  it('is not adjusted below what is reserved', () => {
    given(decider, received, reserved)
      .when(adjust(-3))
      .thenRejected('ADJUSTMENT_EXCEEDS_AVAILABLE', { path: 'delta', detail: /MUG has 2 available.*-3/ });
  });
  it.each([0, -1, 1.5, NaN, Infinity])('does not come in units of %p', (quantity) => {
    const at = { path: 'quantity' };
    given(decider)
      .when({ do: 'receive', sku, quantity, reference: null })
      .thenRejected('QUANTITY_INVALID', at);
    given(decider, received).when(reserve('r1', quantity)).thenRejected('QUANTITY_INVALID', at);
  });
  it('is counted in whole units', () => {
    given(decider).when(adjust(0.5)).thenRejected('QUANTITY_INVALID', { path: 'delta' });
  });
  it('can be counted', () => {
    const quantity = Number.MAX_SAFE_INTEGER;
    given(decider, received)
      .when({ do: 'receive', sku, quantity, reference: null })
      .thenRejected('STOCK_TOO_LARGE', { path: 'quantity' });
    given(decider, received).when(adjust(quantity)).thenRejected('STOCK_TOO_LARGE', { path: 'delta' });
  });
});

describe('A reservation', () => {
  it('holds what is available', () => {
    given(decider, received).when(reserve('r1', 3)).then(reserved);
    given(decider, received)
      .when(reserve('r1', 5))
      .then({ type: 'StockReserved', data: { ...of('r1', 5), expiresAt } });
  });
  it('is refused when too little is available, and that is a fact', () => {
    given(decider, received).when(reserve('r1', 9)).then(refused);
    given(decider, received, reserved)
      .when(reserve('r2', 3))
      .then({ type: 'StockReservationRefused', data: { ...of('r2', 3), available: 2 } });
  });
  it('is refused for a SKU that never received anything', () => {
    given(decider)
      .when(reserve('r1', 1))
      .then({ type: 'StockReservationRefused', data: { ...of('r1', 1), available: 0 } });
  });
  it.each<[string, InventoryEvent[]]>([
    ['it is held', [reserved]],
    ['it was released', [reserved, released]],
    ['it expired', [reserved, expired]],
    ['it was committed', [reserved, committed]],
    ['it was refused', [refused]],
  ])('is decided once, also when %s', (_, facts) => {
    given(decider, received, ...facts)
      .when(reserve('r1', 1))
      .then();
  });

  it.each<[string, InventoryCommand, InventoryEvent]>([
    ['release', on('release'), released],
    ['expire', on('expire'), expired],
    ['commit', commit(3), committed],
  ])('ends: %s', (_, command, event) => {
    given(decider, received, reserved).when(command).then(event);
    given(decider, received, reserved, event).when(command).then();
  });
  it('gives its units back', () => {
    given(decider, received, reserved, released)
      .when(reserve('r2', 5))
      .then({ type: 'StockReserved', data: { ...of('r2', 5), expiresAt } });
  });
  it('that is committed has taken them', () => {
    given(decider, received, reserved, committed)
      .when(reserve('r2', 3))
      .then({ type: 'StockReservationRefused', data: { ...of('r2', 3), available: 2 } });
  });
  it('that holds nothing has nothing to give back', () => {
    for (const facts of [[reserved, released], [reserved, expired], [refused]]) {
      given(decider, received, ...facts)
        .when(on('release'))
        .then();
      given(decider, received, ...facts)
        .when(on('expire'))
        .then();
      given(decider, received, ...facts)
        .when(commit(1))
        .thenRejected('RESERVATION_CLOSED', { detail: /r1.*MUG/ });
    }
  });
  it('that is committed stays so', () => {
    given(decider, received, reserved, committed).when(on('release')).thenRejected('RESERVATION_COMMITTED');
    given(decider, received, reserved, committed).when(on('expire')).thenRejected('RESERVATION_COMMITTED');
  });
  it.each([on('release', 'r9'), on('expire', 'r9'), commit(1, 's1', 'r9')])(
    'must be known: $do',
    (command) => {
      given(decider, received).when(command).thenRejected('RESERVATION_NOT_FOUND', { detail: /r9/ });
    },
  );

  it('is taken by one shipment after the other, each once', () => {
    given(decider, received, reserved).when(commit(2)).then(inPart);
    given(decider, received, reserved, inPart).when(commit(2)).then();
    const last: InventoryEvent = { type: 'StockCommitted', data: { ...of('r1', 1), shipmentId: 's2' } };
    given(decider, received, reserved, inPart).when(commit(1, 's2')).then(last);
    for (const shipmentId of ['s1', 's2']) {
      given(decider, received, reserved, inPart, last).when(commit(1, shipmentId)).then();
    }
  });
  it('is not taken beyond what it holds', () => {
    const path = { path: 'quantity' };
    given(decider, received, reserved)
      .when(commit(4))
      .thenRejected('COMMIT_EXCEEDS_RESERVED', { ...path, detail: /4 of MUG.*holds 3/ });
    given(decider, received, reserved, inPart)
      .when(commit(2, 's2'))
      .thenRejected('COMMIT_EXCEEDS_RESERVED', { ...path, detail: /2 of MUG.*holds 1/ });
    given(decider, received, reserved, committed).when(commit(1, 's2')).thenRejected('RESERVATION_CLOSED');
    given(decider, received, reserved).when(commit(0)).thenRejected('QUANTITY_INVALID', path);
  });
  it.each([
    ['release', 'StockReleased'],
    ['expire', 'StockReservationExpired'],
  ] as const)('that is taken in part gives back the rest only: %s', (act, type) => {
    const back: InventoryEvent = { type, data: of('r1', 1) };
    given(decider, received, reserved, inPart).when(on(act)).then(back);
    given(decider, received, reserved, inPart, back).when(on(act)).then();
    given(decider, received, reserved, inPart, back).when(commit(2)).then();
    expect(availableOf(fold(decider, [received, reserved, inPart, back]))).toBe(3);
  });
  it('of version 1 was taken as a whole, by no shipment that is known', () => {
    const old: InventoryEvent = { type: 'StockCommitted', data: { ...of('r1', 3), shipmentId: null } };
    const state = fold(decider, [received, reserved, old]);
    expect([state.onHand, state.reserved, state.reservations.get('r1')]).toStrictEqual([
      2,
      0,
      { is: 'committed', shipments: [] },
    ]);
  });

  it('makes nothing of facts that do not fit', () => {
    expect(fold(decider, [released, expired, committed])).toEqual(decider.initial);
    const held = fold(decider, [received, reserved]);
    expect(fold(decider, [received, reserved, reserved, refused])).toEqual(held);
  });
});

describe('Whatever is commanded', () => {
  const ids = fc.constantFrom('r1', 'r2', 'r3', 'r4');
  const quantities = fc.integer({ min: -1, max: 9 });
  const commands = fc.array(
    fc.oneof(
      quantities.map((quantity): InventoryCommand => ({ do: 'receive', sku, quantity, reference: null })),
      fc.integer({ min: -9, max: 9 }).map(adjust),
      fc.tuple(ids, quantities).map(([id, quantity]) => reserve(id, quantity)),
      fc.tuple(fc.constantFrom('release', 'expire'), ids).map(([act, id]) => on(act, id)),
      fc.tuple(quantities, fc.constantFrom('s1', 's2', 's3'), ids).map((all) => commit(...all)),
    ),
    { maxLength: 60 },
  );

  it('no unit is lost, doubled or promised twice', () => {
    fc.assert(
      fc.property(commands, (all) => {
        let state = decider.initial;
        let entered = 0;
        let left = 0;
        for (const command of all) {
          const decided = decider.decide(command, state);
          if (isRejection(decided)) continue;
          for (const event of decided) {
            state = decider.evolve(state, event);
            if (event.type === 'StockReceived') entered += event.data.quantity;
            if (event.type === 'StockAdjusted') entered += event.data.delta;
            if (event.type === 'StockCommitted') left += event.data.quantity;
          }
          if (command.do !== 'receive' && command.do !== 'adjust') {
            expect(decider.decide(command, state)).toEqual([]);
          }
          const held = [...state.reservations].map(([, it]) => (it.is === 'held' ? it.quantity : 0));
          expect(state.reserved).toBe(held.reduce((a, b) => a + b, 0));
          expect(availableOf(state)).toBe(state.onHand - state.reserved);
          expect(availableOf(state)).toBeGreaterThanOrEqual(0);
          expect(entered).toBe(state.onHand + left);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('a hot SKU stays cheap with 100,000 reservations', () => {
    let state = decider.evolve(decider.initial, {
      type: 'StockReceived',
      data: { sku, quantity: 100_000, reference: null },
    });
    const started = performance.now();
    for (let n = 0; n < 100_000; n += 1) {
      const decided = decider.decide(reserve(`r${n}`, 1), state);
      if (isRejection(decided)) throw new Error(decided.detail);
      for (const event of decided) state = decider.evolve(state, event);
    }
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(availableOf(state)).toBe(0);
    expect(decider.initial.reservations.size).toBe(0);
  });
});
