import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fold } from '../../../kernel/decider.js';
import { isRejection, reject } from '../../../kernel/rejection.js';
import { type Sealed } from '../../../kernel/sealed.js';
import { given } from '../../../testing/given-when-then.js';
import { type Offer, type OfferRejection } from '../../catalog/contract.js';
import { order, type OrderCommand } from './order.decider.js';
import { type OrderEvent } from './order.events.js';

const orderId = 'o1';
const at = '2026-01-01T00:00:00.000Z';
const eur = (amountMinor: number) => ({ amountMinor, currency: 'EUR' });
const reason = { code: 'CHANGED_MIND', detail: 'No longer needed.' };

const offers: readonly (readonly [string, Offer | OfferRejection])[] = [
  ['MUG', { sku: 'MUG', name: 'Mug', price: eur(900) }],
  ['TEA', { sku: 'TEA', name: 'Tea', price: eur(450) }],
  ['TIP', { sku: 'TIP', name: 'Brewing tips', price: eur(0) }],
  ['HAT', { sku: 'HAT', name: 'Hat', price: { amountMinor: 900, currency: 'USD' } }],
  ['OLD', reject('PRODUCT_DISCONTINUED', 'Product OLD is discontinued.')],
  ['NEW', reject('PRODUCT_NOT_PUBLISHED', 'Product NEW is not for sale.')],
];
const personal = { contact: 'sealed contact' as Sealed, shippingAddress: 'sealed address' as Sealed };
const place = (...items: readonly (readonly [string, number])[]): OrderCommand => ({
  do: 'place',
  orderId,
  customerId: 'ada',
  cartId: null,
  items: items.map(([sku, quantity]) => ({ sku, quantity })),
  offers: new Map(offers),
  paymentMethod: 'card',
  paymentId: 'p1',
  at,
  ...personal,
});
const mugs = { sku: 'MUG', name: 'Mug', quantity: 3, unitPrice: eur(900), lineTotal: eur(2700) };
const tea = { sku: 'TEA', name: 'Tea', quantity: 1, unitPrice: eur(450), lineTotal: eur(450) };

const placed: OrderEvent = {
  type: 'OrderPlaced',
  data: {
    orderId,
    customerId: 'ada',
    cartId: null,
    lines: [mugs, tea],
    total: eur(3150),
    paymentId: 'p1',
    paymentMethod: 'card',
    placedAt: at,
    ...personal,
  },
};
const confirmed: OrderEvent = { type: 'OrderConfirmed', data: { orderId } };
const rejected: OrderEvent = { type: 'OrderRejected', data: { orderId, reason } };
const cancelling: OrderEvent = { type: 'OrderCancellationRequested', data: { orderId, reason } };
const cancellationRefused = (shipmentId: string): OrderEvent => ({
  type: 'OrderCancellationRefused',
  data: {
    orderId,
    reason: {
      code: 'ALREADY_DISPATCHED',
      detail: `Shipment ${shipmentId} had left the building before the cancellation reached it.`,
    },
  },
});
const cancelled: OrderEvent = { type: 'OrderCancelled', data: { orderId, reason } };
const shipped = (
  shipmentId: string,
  complete: boolean,
  ...lines: { sku: string; quantity: number }[]
): OrderEvent => ({ type: 'OrderShipped', data: { orderId, shipmentId, lines, complete } });
const delivered: OrderEvent = { type: 'OrderDelivered', data: { orderId } };
const returned: OrderEvent = { type: 'OrderReturned', data: { orderId, reason: null } };

const confirm: OrderCommand = { do: 'confirm', orderId };
const refuse: OrderCommand = { do: 'reject', orderId, reason };
const requestCancellation: OrderCommand = { do: 'requestCancellation', orderId, reason };
const cancel: OrderCommand = { do: 'cancel', orderId, reason };
const ship = (shipmentId: string, ...lines: { sku: string; quantity: number }[]): OrderCommand => ({
  do: 'ship',
  orderId,
  shipmentId,
  lines,
});
const deliver: OrderCommand = { do: 'deliver', orderId };
const giveBack: OrderCommand = { do: 'return', orderId, reason: null };

const twoMugs = { sku: 'MUG', quantity: 2 };
const oneMug = { sku: 'MUG', quantity: 1 };
const oneTea = { sku: 'TEA', quantity: 1 };
const inPart = [placed, confirmed, shipped('s1', false, twoMugs)];
const inFull = [...inPart, shipped('s2', true, oneMug, oneTea)];

const { decider } = order;

describe('Placing an order', () => {
  it('prices its lines, one a SKU, and freezes the total', () => {
    given(decider)
      .when(place(['MUG', 1], ['TEA', 1], ['MUG', 2]))
      .then(placed);
  });
  it('happens once', () => {
    for (const facts of [[], [rejected], [cancelling, cancelled]]) {
      given(decider, placed, ...facts)
        .when(place(['MUG', 9]))
        .then();
    }
  });
  it('needs no payment when nothing is to be paid', () => {
    const lines = [{ sku: 'TIP', name: 'Brewing tips', quantity: 2, unitPrice: eur(0), lineTotal: eur(0) }];
    given(decider)
      .when(place(['TIP', 2]))
      .then({ ...placed, data: { ...placed.data, lines, total: eur(0), paymentId: null } });
  });
  it('is of something', () => {
    given(decider).when(place()).thenRejected('ORDER_EMPTY', { path: 'items' });
  });
  it.each([0, -1, 0.5])('is not of %p pieces', (quantity) => {
    given(decider)
      .when(place(['TEA', 1], ['MUG', quantity]))
      .thenRejected('QUANTITY_INVALID', { path: 'items[1].quantity' });
  });
  it.each([
    ['NIL', 'UNKNOWN_SKU'],
    ['OLD', 'PRODUCT_DISCONTINUED'],
    ['NEW', 'PRODUCT_NOT_PUBLISHED'],
  ] as const)('is only of what is for sale: %s is %s', (sku, code) => {
    given(decider)
      .when(place(['TEA', 1], [sku, 1]))
      .thenRejected(code, { path: 'items[1].sku', detail: new RegExp(sku) });
  });
  it('is in one currency', () => {
    given(decider)
      .when(place(['TEA', 1], ['HAT', 1]))
      .thenRejected('CURRENCY_MISMATCH', { path: 'items[1].sku', detail: /HAT.*USD.*EUR/ });
  });
  it.each<[string, number][]>([
    [['MUG', Number.MAX_SAFE_INTEGER]],
    [
      ['TIP', Number.MAX_SAFE_INTEGER],
      ['TIP', 1],
    ],
    [
      ['MUG', Math.floor(Number.MAX_SAFE_INTEGER / 900)],
      ['TEA', 2],
    ],
  ])('has a total that can be counted: %p %p', (...items) => {
    given(decider)
      .when(place(...items))
      .thenRejected('TOTAL_TOO_LARGE', { path: `items[${items.length - 1}].quantity` });
  });
});

describe('An order', () => {
  it('is confirmed, once', () => {
    given(decider, placed).when(confirm).then(confirmed);
    given(decider, placed, confirmed).when(confirm).then();
    given(decider, ...inFull)
      .when(confirm)
      .then();
  });
  it('is not confirmed against a cancellation', () => {
    given(decider, placed, cancelling).when(confirm).then();
    given(decider, placed, cancelling, cancelled).when(confirm).then();
  });
  it('is rejected, once, even when a cancellation was requested meanwhile', () => {
    given(decider, placed).when(refuse).then(rejected);
    given(decider, placed, cancelling).when(refuse).then(rejected);
    given(decider, placed, rejected).when(refuse).then();
  });
  it('is cancelled on request, once', () => {
    for (const facts of [[placed], [placed, confirmed]]) {
      given(decider, ...facts)
        .when(requestCancellation)
        .then(cancelling);
      given(decider, ...facts, cancelling)
        .when(requestCancellation)
        .then();
      given(decider, ...facts, cancelling)
        .when(cancel)
        .then(cancelled);
      given(decider, ...facts)
        .when(cancel)
        .then(cancelled);
      given(decider, ...facts, cancelled)
        .when(cancel)
        .then();
      given(decider, ...facts, cancelled)
        .when(requestCancellation)
        .then();
    }
  });
  it('has one end only', () => {
    given(decider, placed, rejected).when(confirm).thenRejected('ORDER_ALREADY_REJECTED');
    given(decider, placed, rejected).when(requestCancellation).thenRejected('ORDER_ALREADY_REJECTED');
    given(decider, placed, rejected).when(cancel).thenRejected('ORDER_ALREADY_REJECTED');
    given(decider, placed, cancelled).when(refuse).thenRejected('ORDER_ALREADY_CANCELLED');
    given(decider, placed, confirmed).when(refuse).thenRejected('ORDER_ALREADY_CONFIRMED');
    given(decider, ...inFull)
      .when(refuse)
      .thenRejected('ORDER_ALREADY_CONFIRMED');
  });
  it('is not cancelled once anything has been shipped', () => {
    for (const facts of [inPart, inFull, [...inFull, delivered], [...inFull, delivered, returned]]) {
      given(decider, ...facts)
        .when(requestCancellation)
        .thenRejected('ORDER_NOT_CANCELLABLE');
      given(decider, ...facts)
        .when(cancel)
        .thenRejected('ORDER_NOT_CANCELLABLE');
    }
  });

  it('is shipped in one go or in several', () => {
    given(decider, placed, confirmed)
      .when(ship('s1', { sku: 'MUG', quantity: 3 }, oneTea))
      .then(shipped('s1', true, { sku: 'MUG', quantity: 3 }, oneTea));
    given(decider, placed, confirmed)
      .when(ship('s1', twoMugs))
      .then(shipped('s1', false, twoMugs));
    given(decider, ...inPart)
      .when(ship('s2', oneMug, oneTea))
      .then(shipped('s2', true, oneMug, oneTea));
  });
  it('is shipped once a shipment', () => {
    for (const facts of [inPart, inFull, [...inFull, delivered]]) {
      given(decider, ...facts)
        .when(ship('s1', twoMugs))
        .then();
    }
  });
  it('is not shipped beyond what was ordered', () => {
    given(decider, ...inPart)
      .when(ship('s2', oneTea, twoMugs))
      .thenRejected('SHIPMENT_EXCEEDS_ORDER', {
        path: 'lines[1].quantity',
        detail: /2 of MUG.*1 are left/,
      });
    given(decider, placed, confirmed)
      .when(ship('s1', twoMugs, twoMugs))
      .thenRejected('SHIPMENT_EXCEEDS_ORDER', { path: 'lines[1].quantity' });
    given(decider, placed, confirmed)
      .when(ship('s1', { sku: 'HAT', quantity: 1 }))
      .thenRejected('SHIPMENT_EXCEEDS_ORDER', { path: 'lines[0].quantity', detail: /HAT.*0 are left/ });
  });
  it('is shipped in pieces', () => {
    given(decider, placed, confirmed).when(ship('s1')).thenRejected('SHIPMENT_EMPTY', { path: 'lines' });
    given(decider, placed, confirmed)
      .when(ship('s1', { sku: 'MUG', quantity: -1 }))
      .thenRejected('QUANTITY_INVALID', { path: 'lines[0].quantity' });
  });
  it('is shipped only while confirmed', () => {
    for (const facts of [[placed], [placed, cancelling], [placed, rejected], [placed, cancelled], inFull]) {
      given(decider, ...facts)
        .when(ship('s9', oneTea))
        .thenRejected('ORDER_NOT_SHIPPABLE');
    }
  });
  it('that has left the building is no longer cancelled', () => {
    given(decider, placed, confirmed, cancelling)
      .when(ship('s1', twoMugs))
      .then(cancellationRefused('s1'), shipped('s1', false, twoMugs));
    const overtaken = [
      placed,
      confirmed,
      cancelling,
      cancellationRefused('s1'),
      shipped('s1', false, twoMugs),
    ];
    given(decider, ...overtaken)
      .when(ship('s1', twoMugs))
      .then();
    given(decider, ...overtaken)
      .when(requestCancellation)
      .thenRejected('ORDER_NOT_CANCELLABLE');
    given(decider, ...overtaken)
      .when(ship('s2', oneMug, oneTea))
      .then(shipped('s2', true, oneMug, oneTea));
    given(decider, placed, confirmed, cancelling)
      .when(ship('s1', { sku: 'HAT', quantity: 1 }))
      .thenRejected('SHIPMENT_EXCEEDS_ORDER', { path: 'lines[0].quantity' });
  });
  it('is delivered once shipped in full, and returned once delivered', () => {
    given(decider, ...inFull)
      .when(deliver)
      .then(delivered);
    given(decider, ...inFull, delivered)
      .when(giveBack)
      .then(returned);
    given(decider, ...inFull, delivered)
      .when(deliver)
      .then();
    given(decider, ...inFull, delivered, returned)
      .when(deliver)
      .then();
    given(decider, ...inFull, delivered, returned)
      .when(giveBack)
      .then();
    given(decider, ...inPart)
      .when(deliver)
      .thenRejected('ORDER_NOT_DELIVERABLE');
    given(decider, ...inFull)
      .when(giveBack)
      .thenRejected('ORDER_NOT_RETURNABLE');
  });

  it.each([confirm, refuse, requestCancellation, cancel, ship('s1', oneTea), deliver, giveBack])(
    'must exist: $do',
    (command) => {
      given(decider).when(command).thenRejected('ORDER_NOT_FOUND', { detail: /o1/ });
    },
  );
  it('makes nothing of facts that do not fit', () => {
    const any = [
      confirmed,
      rejected,
      cancelling,
      cancellationRefused('s1'),
      cancelled,
      ...inPart.slice(2),
      delivered,
      returned,
    ];
    expect(fold(decider, any)).toEqual({ is: 'absent' });
    for (const end of [
      [placed, rejected],
      [placed, cancelled],
      [...inFull, delivered, returned],
    ]) {
      expect(fold(decider, [...end, ...any, placed])).toEqual(fold(decider, end));
    }
  });
});

describe('Whatever is commanded', () => {
  const lines = fc.array(
    fc.record({ sku: fc.constantFrom('MUG', 'TEA', 'HAT'), quantity: fc.integer({ min: 0, max: 3 }) }),
    { minLength: 1, maxLength: 3 },
  );
  const commands = fc.array(
    fc.oneof(
      fc.constantFrom(confirm, confirm, refuse, requestCancellation, cancel, deliver, giveBack),
      fc.tuple(fc.constantFrom('s1', 's2', 's3', 's4', 's5'), lines).map(([id, of]) => ship(id, ...of)),
    ),
    { maxLength: 40 },
  );

  it('an order ends once, and no more is shipped than was ordered', () => {
    fc.assert(
      fc.property(commands, (all) => {
        const facts: OrderEvent[] = [placed];
        for (const command of all) {
          const decided = decider.decide(command, fold(decider, facts));
          if (isRejection(decided)) continue;
          facts.push(...decided);
          expect(decider.decide(command, fold(decider, facts))).toEqual([]);
        }
        const count = (...types: OrderEvent['type'][]) =>
          facts.filter(({ type }) => types.includes(type)).length;
        expect(count('OrderRejected', 'OrderCancelled', 'OrderDelivered')).toBeLessThanOrEqual(1);
        expect(count('OrderReturned')).toBeLessThanOrEqual(count('OrderDelivered'));
        const left = new Map([
          ['MUG', 3],
          ['TEA', 1],
        ]);
        for (const { type, data } of facts) {
          if (type !== 'OrderShipped') continue;
          for (const { sku, quantity } of data.lines) left.set(sku, (left.get(sku) ?? 0) - quantity);
          expect(Math.min(...left.values())).toBeGreaterThanOrEqual(0);
          expect(data.complete).toBe([...left.values()].every((rest) => rest === 0));
        }
        if (count('OrderShipped') > 0) expect(count('OrderRejected', 'OrderCancelled')).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});
