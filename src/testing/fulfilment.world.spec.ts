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

/**
 * The process, the real deciders of order, inventory and payment, and a world that does its worst: facts and steps
 * come late, twice and in any order that the order within each stream allows; stock is short; the gateway declines,
 * answers late, again or never; customers cancel, deadlines pass, and somebody may meddle.
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
}

interface Plan {
  readonly stock: readonly number[];
  readonly orders: readonly Wish[];
  /** Somebody takes back stock and money behind the process's back. */
  readonly meddling: boolean;
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
    }),
    { minLength: 1, maxLength: 3 },
  ),
  meddling: oneIn(5),
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
    execute: (command: Command, now: string): void => {
      const decided = decider.decide(command, current);
      // Whoever asks here has a right to it: a refused step is a step that gets lost.
      if (isRejection(decided)) throw new Error(`${id}: ${decided.detail} ${JSON.stringify(command)}`);
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
    process: stream(process, `process-${index}`),
    /** How many of the process's steps each service has carried out. */
    done: { order: 0, payment: 0, inventory: 0 },
  }));
  type Order = (typeof orders)[number];
  const sources: { heard: number; facts: readonly unknown[]; fact: (index: number) => FulfilmentFact }[] = [
    ...stocks.values(),
    ...orders.flatMap((it) => [it.order, it.payment]),
  ];

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
  const cancel = ({ order, orderId }: Order): void => {
    if (order.state().is !== 'rejected') order.execute({ do: 'requestCancellation', orderId, reason }, now());
  };
  const passDeadline = ({ process }: Order): void => {
    process.execute({ do: 'passDeadline', at: now() }, now());
  };
  const meddle = ({ orderId, paymentId, payment }: Order, choice: number): void => {
    const sku = skus[choice % skus.length] ?? '';
    const stock = stockOf(sku);
    const known = stock.state().reservations.get(orderId) !== undefined;
    if (choice % 2 === 0 && known) stock.execute({ do: 'release', sku, reservationId: orderId }, now());
    else if (payment.facts.length > 0) payment.execute({ do: 'void', paymentId }, now());
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
      return [
        ...(source.heard < source.facts.length ? [next, next, next] : []),
        ...(source.heard > 0 ? [again] : []),
      ];
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

  const end = (): void => {
    settle();
    for (const it of orders) if (!it.wish.late) answer(it);
    settle();
    clock += 60_000;
    settle();
  };

  /** Once all is over, all of it comes again. */
  const repeat = (): void => {
    for (const it of orders) answer(it);
    for (const source of sources) source.heard = 0;
    for (const it of orders) it.done = { order: 0, payment: 0, inventory: 0 };
    settle();
  };

  return { begin, end, repeat, possibilities, orders, stocks };
};

type World = ReturnType<typeof world>;

/** What the facts say is held, whatever the deciders make of them. */
const unitsHeld = (stock: World['stocks'], sku: string, orderId: string): number =>
  (stock.get(sku)?.facts ?? []).reduce((held, { type, data }) => {
    if (!('orderId' in data) || data.orderId !== orderId) return held;
    switch (type) {
      case 'StockReserved':
        return held + data.quantity;
      case 'StockReleased':
      case 'StockReservationExpired':
        return held - data.quantity;
      default:
        return held;
    }
  }, 0);

const moneyHeld = ({ payment }: World['orders'][number]): number =>
  payment.facts.reduce((held, { type, data }) => {
    if (type === 'PaymentAuthorised') return held + data.amount.amountMinor;
    return type === 'PaymentVoided' ? 0 : held;
  }, 0);

const expectSound = ({ orders, stocks }: World): void => {
  for (const stock of stocks.values())
    if (availableOf(stock.state()) < 0) throw new Error('Stock is promised twice.');
  for (const it of orders) {
    const { order, orderId } = it;
    const ends = order.facts.filter(({ type }) => type === 'OrderRejected' || type === 'OrderCancelled');
    if (ends.length > 1) throw new Error('An order has ended twice.');
    if (ends.length === 0) continue;
    if (skus.some((sku) => unitsHeld(stocks, sku, orderId) > 0))
      throw new Error(`${orderId} still holds stock.`);
    if (!['absent', 'declined', 'voided'].includes(it.payment.state().is)) {
      throw new Error(`${orderId} may still take money.`);
    }
  }
};

/** Confirmed with all it needs, or undone with nothing left. Answers how it ended. */
const expectEnded = (it: World['orders'][number], stocks: World['stocks'], meddling: boolean): string => {
  const { wish, orderId, order, process } = it;
  const ended = process.state();
  const held = skus.map((sku) => unitsHeld(stocks, sku, orderId));
  if (ended.is === 'confirmed') {
    expect(order.state().is).toBe('confirmed');
    const total = wish.free ? 0 : 100 * wish.quantities.reduce((a, b) => a + b, 0);
    if (!meddling) expect({ held, money: moneyHeld(it) }).toEqual({ held: wish.quantities, money: total });
    return 'CONFIRMED';
  }
  if (ended.is !== 'undone') throw new Error(`${orderId} hangs: ${JSON.stringify(ended)}`);
  expect(order.state().is).toBe(ended.outcome);
  expect({ held, money: moneyHeld(it) }).toEqual({ held: skus.map(() => 0), money: 0 });
  expect(['absent', 'declined', 'voided']).toContain(it.payment.state().is);
  const confirmedBefore = order.facts.some(({ type }) => type === 'OrderConfirmed');
  return confirmedBefore ? `${ended.reason.code} AFTER CONFIRMATION` : ended.reason.code;
};

describe('Whatever the world does', () => {
  it('an order ends confirmed with all it needs, or undone with all stock and money back', () => {
    const endings = new Map<string, number>();
    fc.assert(
      fc.property(plans, (plan) => {
        const it = world(plan);
        it.begin();
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
      ]),
    );
  });
});
