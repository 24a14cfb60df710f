import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Aggregate, type DomainEvent, fold } from '../kernel/decider.js';
import { type Position, type Recorded, upcast } from '../kernel/envelope.js';
import { isRejection } from '../kernel/rejection.js';
import { availableOf, inventory } from '../domains/inventory/model/inventory.decider.js';
import { payment } from '../domains/payment/model/payment.decider.js';
import { type FulfilmentEvent } from '../domains/order/model/fulfilment.events.js';
import { deadline, fulfilment, type FulfilmentFact } from '../domains/order/model/fulfilment.process.js';
import { order } from '../domains/order/model/order.decider.js';
import { type ShipmentLine } from '../domains/shipping/model/shipment.events.js';
import { shipping, type ShippingCommand } from '../domains/shipping/model/shipping.decider.js';

/**
 * The process, the real deciders of order, inventory, payment and shipping, and a world that does its worst: facts and
 * steps come late, twice and in any order that the order within each stream allows; stock is short; the gateway
 * declines, answers late, again or never; customers cancel, deadlines pass, shipments are split, dropped and lost, and
 * somebody may meddle.
 */

const process = fulfilment({ reservationTtlMs: 10_000, authorisationTimeoutMs: 1_500 });
const reason = { code: 'CHANGED_MIND', detail: 'No longer needed.' };
const skus = ['A', 'B', 'C'];

interface Wish {
  /** Of each SKU. */
  readonly quantities: readonly number[];
  readonly free: boolean;
  readonly gateway: 'approves' | 'declines' | 'is silent';
  /** The gateway answers when all else is over. */
  readonly late: boolean;
  readonly cancels: boolean;
  /** Whether the warehouse does anything, and whether it finishes. */
  readonly ships: 'not at all' | 'as it comes' | 'to the end';
}

interface Plan {
  readonly stock: readonly number[];
  readonly orders: readonly Wish[];
  /** Somebody takes back stock and money behind the process's back. */
  readonly meddling: boolean;
  /** All goes well until the orders are confirmed; the worst comes afterwards. */
  readonly headStart: boolean;
  /** Which of the things that could happen does happen next. */
  readonly choices: readonly number[];
}

const oneIn = (n: number) => fc.nat(n - 1).map((drawn) => drawn === 1);
const ofEach = (max: number) => fc.array(fc.nat(max), { minLength: skus.length, maxLength: skus.length });
const plans: fc.Arbitrary<Plan> = fc.record({
  stock: fc.oneof(ofEach(6), fc.constant(skus.map(() => 9)), fc.constant(skus.map(() => 9))),
  orders: fc.array(
    fc.record({
      quantities: ofEach(3).filter((all) => all.some((quantity) => quantity > 0)),
      free: oneIn(6),
      gateway: fc.constantFrom('approves', 'approves', 'approves', 'declines', 'is silent'),
      late: oneIn(6),
      cancels: oneIn(3),
      ships: fc.constantFrom('not at all', 'as it comes', 'to the end'),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  meddling: oneIn(5),
  headStart: fc.boolean(),
  choices: fc.array(fc.noBias(fc.nat()), { maxLength: 120, size: 'max' }),
});

/** The facts of one aggregate, and how many of them the process has heard. */
const stream = <Command, Event extends DomainEvent, State>(
  { decider, events }: Aggregate<Command, Event, State>,
  id: string,
) => {
  const facts: Event[] = [];
  const times: string[] = [];
  let current = decider.initial;
  return {
    facts,
    state: () => current,
    heard: 0,
    execute: (command: Command, now: string, mayBeRefused = false): void => {
      const decided = decider.decide(command, current);
      if (isRejection(decided)) {
        if (mayBeRefused) return;
        // Whoever asks here has a right to it: a refused step is a step that gets lost.
        throw new Error(`${id}: ${decided.detail} ${JSON.stringify(command)}`);
      }
      for (const event of decided) current = decider.evolve(current, event);
      facts.push(...decided);
      times.push(...decided.map(() => now));
    },
    fact: (index: number): Recorded<Event> => {
      const [fact, occurredAt] = [facts[index], times[index]];
      if (fact === undefined || occurredAt === undefined) throw new Error(`${id} has no fact ${index}.`);
      const type: Event['type'] = fact.type;
      const recorded = {
        ...fact,
        id: `${id}-${index}`,
        version: events[type].current,
        stream: id,
        revision: index,
        position: '0001' as Position, // opaque: only an adapter makes real ones
        metadata: { correlationId: 'c', causationId: 'c', commandId: 'c', actor: 'test', occurredAt },
      };
      return upcast(events, recorded, 'test');
    },
  };
};

const world = (plan: Plan) => {
  let clock = Date.parse('2026-01-01T00:00:00.000Z');
  const now = () => new Date(clock).toISOString();

  const stocks = new Map(skus.map((sku) => [sku, stream(inventory, sku)]));
  const stockOf = (sku: string) => {
    const stock = stocks.get(sku);
    if (stock === undefined) throw new Error(`There is no ${sku}.`);
    return stock;
  };
  const orders = plan.orders.map((wish, index) => ({
    wish,
    orderId: `order-${index}`,
    paymentId: `payment-${index}`,
    order: stream(order, `order-${index}`),
    payment: stream(payment, `payment-${index}`),
    shipping: stream(shipping, `shipping-${index}`),
    process: stream(process, `process-${index}`),
    /** How many of the process's steps each service has carried out. */
    done: { order: 0, payment: 0, inventory: 0 },
    /** How many of the order's facts shipping has consumed. */
    consumed: 0,
  }));
  type Order = (typeof orders)[number];
  const sources: { heard: number; facts: readonly unknown[]; fact: (index: number) => FulfilmentFact }[] = [
    ...stocks.values(),
    ...orders.flatMap((it) => [it.order, it.payment, it.shipping]),
  ];
  /** Shipping can be stopped before anything else has come of the order; that it was placed is heard first all the same. */
  const canHear = (source: (typeof sources)[number]): boolean =>
    source.heard < source.facts.length &&
    orders.every(({ order, shipping }) => shipping !== source || order.heard > 0);

  const hear = (source: (typeof sources)[number], index: number): void => {
    const heard = process.observe(source.fact(index), now());
    if (heard === undefined) return;
    orders.find(({ orderId }) => orderId === heard.id)?.process.execute(heard.command, now());
  };

  const carryOut = (service: keyof Order['done'], it: Order, step: FulfilmentEvent): void => {
    const { orderId, paymentId } = it;
    switch (`${service}: ${step.type}` as const) {
      case 'inventory: ReservationRequested':
        if (step.type !== 'ReservationRequested') return;
        for (const { sku, quantity } of step.data.lines) {
          const { expiresAt } = step.data;
          const command = {
            do: 'reserve',
            sku,
            reservationId: orderId,
            orderId,
            quantity,
            expiresAt,
          } as const;
          stockOf(sku).execute(command, now());
        }
        return;
      case 'inventory: ReleaseRequested': {
        if (step.type !== 'ReleaseRequested') return;
        const { sku, expired } = step.data;
        stockOf(sku).execute({ do: expired ? 'expire' : 'release', sku, reservationId: orderId }, now());
        return;
      }
      case 'inventory: StockCommitRequested': {
        if (step.type !== 'StockCommitRequested') return;
        const { shipmentId, lines } = step.data;
        for (const line of lines) {
          const command = { do: 'commit', reservationId: orderId, shipmentId, ...line } as const;
          stockOf(line.sku).execute(command, now(), plan.meddling);
        }
        return;
      }
      case 'payment: CaptureRequested': {
        if (step.type !== 'CaptureRequested') return;
        const { amount } = step.data;
        it.payment.execute({ do: 'capture', paymentId, amount }, now(), plan.meddling);
        return;
      }
      case 'order: ShipmentRecordRequested': {
        if (step.type !== 'ShipmentRecordRequested') return;
        const { shipmentId, lines } = step.data;
        it.order.execute({ do: 'ship', orderId, shipmentId, lines }, now());
        return;
      }
      case 'order: DeliveryRecordRequested':
        it.order.execute({ do: 'deliver', orderId }, now());
        return;
      case 'payment: AuthorisationRequested':
        if (step.type === 'AuthorisationRequested')
          it.payment.execute({ do: 'request', ...step.data }, now());
        return;
      case 'payment: PaymentReturnRequested':
        it.payment.execute({ do: 'void', paymentId }, now());
        return;
      case 'order: ConfirmationRequested':
        it.order.execute({ do: 'confirm', orderId }, now());
        return;
      case 'order: FulfilmentUndone': {
        if (step.type !== 'FulfilmentUndone') return;
        const act = step.data.outcome === 'rejected' ? 'reject' : 'cancel';
        it.order.execute({ do: act, orderId, reason: step.data.reason }, now());
        return;
      }
      default:
        return;
    }
  };
  const carryOutAt = (service: keyof Order['done'], it: Order, index: number): void => {
    const step = it.process.facts[index];
    if (step !== undefined) carryOut(service, it, step);
  };

  const answer = ({ wish, payment, paymentId }: Order): void => {
    if (wish.gateway === 'is silent' || payment.facts.length === 0) return;
    const refusal = { code: 'no_funds', detail: 'Sorry.' };
    payment.execute(
      wish.gateway === 'approves'
        ? { do: 'recordApproval', paymentId, authorisationId: 'a' }
        : { do: 'recordDecline', paymentId, ...refusal },
      now(),
    );
  };
  /** Too late once the order is rejected or has left. */
  const cancel = ({ order, orderId }: Order): void => {
    order.execute({ do: 'requestCancellation', orderId, reason }, now(), true);
  };

  /** What shipping hears of the order, in the order's order, as from a topic. */
  const consume = ({ order, shipping, orderId }: Order, index: number): void => {
    const type = order.facts[index]?.type;
    if (type === 'OrderCancellationRequested') shipping.execute({ do: 'stop', orderId }, now());
    const [placed] = order.facts;
    if (type !== 'OrderConfirmed' || placed?.type !== 'OrderPlaced') return;
    const lines = placed.data.lines.map(({ sku, quantity }) => ({ sku, quantity }));
    shipping.execute({ do: 'plan', orderId, customerId: 'ada', lines, shippingAddress: null }, now());
  };
  /** People in a warehouse try anything. */
  const work = ({ shipping, orderId }: Order, choice: number): void => {
    const state = shipping.state();
    if (state.is === 'absent') return;
    const { shipments, leftOver } = state;
    const shipment = shipments[choice % Math.max(1, shipments.length)];
    if (shipment === undefined) return;
    const { shipmentId, lines } = shipment;
    const which = { orderId, shipmentId };
    const dispatch: ShippingCommand = { do: 'dispatch', ...which, trackingNumber: shipmentId };
    const acts: readonly ShippingCommand[] = [
      dispatch,
      dispatch,
      dispatch,
      { do: 'deliver', ...which },
      { do: 'deliver', ...which },
      { do: 'split', ...which, lines: lines.slice(0, 1).map(({ sku }) => ({ sku, quantity: 1 })) },
      { do: 'fail', ...which, reason: 'Dropped' },
      { do: 'create', orderId, lines: leftOver.slice(0, 1) },
    ];
    const act = acts[Math.floor(choice / shipments.length) % acts.length] ?? dispatch;
    shipping.execute(act, now(), true);
  };
  /** All that is left is shipped again, sent and delivered, as far as it is not lost. */
  const finish = ({ shipping, orderId }: Order): void => {
    const before = shipping.state();
    if (before.is !== 'planned') return;
    if (before.leftOver.length > 0)
      shipping.execute({ do: 'create', orderId, lines: before.leftOver }, now());
    const after = shipping.state();
    for (const { shipmentId, is } of after.is === 'planned' ? after.shipments : []) {
      if (is === 'pending') {
        shipping.execute({ do: 'dispatch', orderId, shipmentId, trackingNumber: shipmentId }, now());
      }
      if (is === 'pending' || is === 'dispatched')
        shipping.execute({ do: 'deliver', orderId, shipmentId }, now());
    }
  };
  const passDeadline = ({ process }: Order): void => {
    process.execute({ do: 'passDeadline', at: now() }, now());
  };
  const meddle = ({ orderId, paymentId, payment }: Order, choice: number): void => {
    const sku = skus[choice % skus.length] ?? '';
    const stock = stockOf(sku);
    const known = stock.state().reservations.get(orderId) !== undefined;
    if (choice % 2 === 0 && known) stock.execute({ do: 'release', sku, reservationId: orderId }, now(), true);
    else if (payment.facts.length > 0) payment.execute({ do: 'void', paymentId }, now(), true);
  };
  const services = ['order', 'payment', 'inventory'] as const;

  /** Everything that could happen now; a choice within it is made by the number given. */
  const possibilities = (): ((choice: number) => void)[] => [
    () => {
      clock += 250;
    },
    ...sources.flatMap((source) => {
      const next = () => {
        hear(source, source.heard);
        source.heard += 1;
      };
      const again = (choice: number) => {
        hear(source, choice % source.heard);
      };
      return [...(canHear(source) ? [next, next, next] : []), ...(source.heard > 0 ? [again] : [])];
    }),
    ...orders.flatMap((it) => [
      ...services.flatMap((service) => {
        const next = () => {
          carryOutAt(service, it, it.done[service]);
          it.done[service] += 1;
        };
        const again = (choice: number) => {
          carryOutAt(service, it, choice % it.done[service]);
        };
        return [
          ...(it.done[service] < it.process.facts.length ? [next, next, next] : []),
          ...(it.done[service] > 0 ? [again] : []),
        ];
      }),
      ...(it.consumed < it.order.facts.length
        ? [
            () => {
              consume(it, it.consumed);
              it.consumed += 1;
            },
          ]
        : []),
      ...(it.consumed > 0
        ? [
            (choice: number) => {
              consume(it, choice % it.consumed);
            },
          ]
        : []),
      ...(it.wish.ships !== 'not at all' && it.shipping.facts.length > 0
        ? [
            (choice: number) => {
              work(it, choice);
            },
          ]
        : []),
      () => {
        if (!it.wish.late) answer(it);
      },
      () => {
        passDeadline(it);
      },
      ...(it.wish.cancels
        ? [
            (choice: number) => {
              if (choice % 4 === 0) cancel(it);
            },
          ]
        : []),
      ...(plan.meddling
        ? [
            (choice: number) => {
              meddle(it, choice);
            },
          ]
        : []),
    ]),
  ];

  /** Everything outstanding is dealt with, until nothing more comes of it. */
  const settle = (): void => {
    const size = () =>
      [...sources, ...orders.map((it) => it.process)].reduce((n, { facts }) => n + facts.length, 0);
    for (let round = 0, before = -1; before !== size(); round += 1) {
      if (round > 100) throw new Error('The world does not come to rest.');
      before = size();
      for (const source of sources) {
        for (; source.heard < source.facts.length; source.heard += 1) hear(source, source.heard);
      }
      for (const it of orders) {
        for (const service of services) {
          for (; it.done[service] < it.process.facts.length; it.done[service] += 1) {
            carryOutAt(service, it, it.done[service]);
          }
        }
        for (; it.consumed < it.order.facts.length; it.consumed += 1) consume(it, it.consumed);
        const until = fold(deadline, it.process.facts);
        if (until !== null && until <= now()) passDeadline(it);
      }
    }
  };

  const begin = (): void => {
    for (const [index, sku] of skus.entries()) {
      const quantity = plan.stock[index] ?? 0;
      if (quantity > 0) stockOf(sku).execute({ do: 'receive', sku, quantity, reference: null }, now());
    }
    for (const { orderId, paymentId, order, wish } of orders) {
      const price = { amountMinor: wish.free ? 0 : 100, currency: 'EUR' };
      const items = skus
        .map((sku, index) => ({ sku, quantity: wish.quantities[index] ?? 0 }))
        .filter(({ quantity }) => quantity > 0);
      const offers = new Map(skus.map((sku) => [sku, { sku, name: sku, price }]));
      const who = {
        customerId: 'ada',
        cartId: null,
        paymentMethod: 'card',
        contact: null,
        shippingAddress: null,
      };
      order.execute({ do: 'place', orderId, paymentId, items, offers, at: now(), ...who }, now());
    }
  };

  const goOn = (): void => {
    settle();
    for (const it of orders) if (!it.wish.late) answer(it);
    settle();
  };

  const end = (): void => {
    goOn();
    clock += 60_000;
    settle();
    for (const it of orders) if (it.wish.ships === 'to the end') finish(it);
    settle();
  };

  /** Once all is over, all of it comes again. */
  const repeat = (): void => {
    for (const it of orders) answer(it);
    for (const source of sources) source.heard = 0;
    for (const it of orders) {
      it.done = { order: 0, payment: 0, inventory: 0 };
      it.consumed = 0;
    }
    settle();
  };

  return { begin, goOn, end, repeat, possibilities, orders, stocks };
};

type World = ReturnType<typeof world>;

type Ordered = World['orders'][number];

/** What the facts say is held for the order and what has left for it, whatever the deciders make of them. */
const unitsOf = (stocks: World['stocks'], sku: string, orderId: string) => {
  let held = 0;
  let gone = 0;
  for (const { type, data } of stocks.get(sku)?.facts ?? []) {
    if (!('orderId' in data) || data.orderId !== orderId) continue;
    if (type === 'StockReserved') held += data.quantity;
    if (type === 'StockReleased' || type === 'StockReservationExpired' || type === 'StockCommitted') {
      held -= data.quantity;
    }
    if (type === 'StockCommitted') gone += data.quantity;
  }
  return { held, gone };
};

const money = ({ payment }: Ordered) => {
  let authorised = 0;
  let captured = 0;
  for (const { type, data } of payment.facts) {
    if (type === 'PaymentAuthorised') authorised += data.amount.amountMinor;
    if (type === 'PaymentVoided') authorised = 0;
    if (type === 'PaymentCaptured') captured += data.amount.amountMinor;
  }
  return { authorised, captured };
};

/** What has left the warehouse, of each SKU. */
const sentOf = ({ shipping }: Ordered): readonly number[] => {
  const sent: readonly ShipmentLine[] = shipping.facts.flatMap(({ type, data }) =>
    type === 'ShipmentDispatched' ? data.lines : [],
  );
  return skus.map((sku) =>
    sent.filter((line) => line.sku === sku).reduce((units, { quantity }) => units + quantity, 0),
  );
};

const ends: readonly string[] = ['OrderRejected', 'OrderCancelled', 'OrderDelivered'];

const expectSound = ({ orders, stocks }: World): void => {
  for (const { state, facts } of stocks.values()) {
    if (availableOf(state()) < 0) throw new Error('Stock is promised twice.');
    const left = facts.reduce((units, { type, data }) => {
      if (type === 'StockReceived') return units + data.quantity;
      return type === 'StockCommitted' ? units - data.quantity : units;
    }, 0);
    if (left !== state().onHand) throw new Error('Stock has been lost.');
  }
  for (const it of orders) {
    const { order, orderId, wish } = it;
    const units = skus.map((sku) => unitsOf(stocks, sku, orderId));
    const sent = sentOf(it);
    if (units.some(({ held, gone }, n) => held < 0 || gone > (sent[n] ?? 0)))
      throw new Error(`More left the stock than ${orderId} has sent.`);
    if (sent.some((quantity, n) => quantity > (wish.quantities[n] ?? 0)))
      throw new Error(`${orderId} is sent more than was ordered.`);
    const ended = order.facts.filter(({ type }) => ends.includes(type));
    if (ended.length > 1) throw new Error('An order has ended twice.');
    const [end] = ended;
    if (end === undefined || end.type === 'OrderDelivered') continue;
    if (units.some(({ held, gone }) => held > 0 || gone > 0))
      throw new Error(`${orderId} still holds stock.`);
    if (sent.some((quantity) => quantity > 0)) throw new Error(`${orderId} has ended and left.`);
    if (!['absent', 'declined', 'voided'].includes(it.payment.state().is)) {
      throw new Error(`${orderId} may still take money.`);
    }
  }
};

/** Confirmed with all it needs, sent as far as it was, or undone with nothing left. Answers how it ended. */
const expectEnded = (it: Ordered, stocks: World['stocks'], meddling: boolean): string => {
  const { wish, orderId, order, process, shipping } = it;
  const ended = process.state();
  const units = skus.map((sku) => unitsOf(stocks, sku, orderId));
  const sent = sentOf(it);
  if (ended.is === 'confirmed' || ended.is === 'delivered') {
    const total = wish.free ? 0 : 100 * wish.quantities.reduce((a, b) => a + b, 0);
    const anything = sent.some((quantity) => quantity > 0);
    const everything = sent.every((quantity, n) => quantity === wish.quantities[n]);
    if (!meddling) {
      expect({ units, money: money(it) }).toEqual({
        units: wish.quantities.map((ordered, n) => ({ held: ordered - (sent[n] ?? 0), gone: sent[n] })),
        money: { authorised: total, captured: anything ? total : 0 },
      });
    }
    const shipped = everything ? 'shipped' : 'shipping';
    const is = anything ? shipped : 'confirmed';
    expect(order.state().is).toBe(ended.is === 'delivered' ? 'delivered' : is);
    const lost = shipping.facts.some(({ type, data }) => type === 'ShipmentFailed' && data.dispatched);
    if (wish.ships === 'to the end') expect(ended.is).toBe(lost ? 'confirmed' : 'delivered');
    const overtaken = order.facts.some(({ type }) => type === 'OrderCancellationRefused');
    return `${order.state().is.toUpperCase()}${lost ? ', LOST' : ''}${overtaken ? ', CANCELLED TOO LATE' : ''}`;
  }
  if (ended.is !== 'undone') throw new Error(`${orderId} hangs: ${JSON.stringify(ended)}`);
  expect(order.state().is).toBe(ended.outcome);
  expect({ units, sent, money: money(it) }).toEqual({
    units: skus.map(() => ({ held: 0, gone: 0 })),
    sent: skus.map(() => 0),
    money: { authorised: 0, captured: 0 },
  });
  expect(['absent', 'declined', 'voided']).toContain(it.payment.state().is);
  const confirmedBefore = order.facts.some(({ type }) => type === 'OrderConfirmed');
  return confirmedBefore ? `${ended.reason.code} AFTER CONFIRMATION` : ended.reason.code;
};

describe('Whatever the world does', () => {
  it('an order ends confirmed or sent with all it needs, or undone with all stock and money back', () => {
    const endings = new Map<string, number>();
    fc.assert(
      fc.property(plans, (plan) => {
        const it = world(plan);
        it.begin();
        if (plan.headStart) it.goOn();
        for (const choice of plan.choices) {
          const possible = it.possibilities();
          possible[choice % possible.length]?.(Math.floor(choice / possible.length));
          expectSound(it);
        }
        it.end();
        for (const each of it.orders) {
          const ending = expectEnded(each, it.stocks, plan.meddling);
          endings.set(ending, (endings.get(ending) ?? 0) + 1);
        }
        it.repeat();
        expectSound(it);
        for (const each of it.orders) expectEnded(each, it.stocks, plan.meddling);
      }),
      { numRuns: 5_000 },
    );
    // The world was as bad as it is meant to be.
    expect([...endings.keys()]).toEqual(
      expect.arrayContaining([
        'CONFIRMED',
        'OUT_OF_STOCK',
        'PAYMENT_DECLINED',
        'PAYMENT_TIMED_OUT',
        'RESERVATION_EXPIRED',
        'RESERVATION_LOST',
        'PAYMENT_LOST',
        'CHANGED_MIND',
        'CHANGED_MIND AFTER CONFIRMATION',
        'SHIPPING',
        'SHIPPED',
        'SHIPPED, LOST',
        'DELIVERED',
        'SHIPPED, CANCELLED TOO LATE',
        'DELIVERED, CANCELLED TOO LATE',
        'SHIPPING_STOPPED AFTER CONFIRMATION',
      ]),
    );
  });
});
