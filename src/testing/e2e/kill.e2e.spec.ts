import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type InventoryEvent } from '../../domains/inventory/contract.js';
import { type OrderEvent } from '../../domains/order/contract.js';
import { type PaymentEvent } from '../../domains/payment/contract.js';
import { type RecordedEvent } from '../../kernel/envelope.js';
import * as contract from '../../http/contract.js';
import { read } from './http-client.js';
import { type Program, Site } from './program.js';
import { Shop } from './shop.js';
import { allEvents, foldedViews, storedViews } from './stored.js';
import { until } from '../until.js';

/** Real engines share the machine with the program. */
const [orderCount, kills] = Site.isEmbedded ? [300, 6] : [150, 4];
const clientCount = 16;
const skus = ['KILL-1', 'KILL-2', 'KILL-3', 'KILL-4', 'KILL-5'];
const received = 1_000;

interface Wish {
  readonly quantities: Readonly<Record<string, number>>;
  readonly paymentMethod?: string;
  readonly end: 'confirmed' | 'PAYMENT_DECLINED' | 'OUT_OF_STOCK';
}

/** The n-th order; a mixture in which every way an order can go comes often. */
const wish = (n: number): Wish => {
  const sku = skus[n % skus.length] ?? '';
  const other = skus[(n + 1) % skus.length] ?? '';
  switch (n % 10) {
    case 0:
      return {
        quantities: { [sku]: 2, [other]: 1 },
        paymentMethod: 'tok_decline_expired_card',
        end: 'PAYMENT_DECLINED',
      };
    case 1:
      return {
        quantities: { [sku]: 1 },
        paymentMethod: 'tok_decline_insufficient_funds',
        end: 'PAYMENT_DECLINED',
      };
    case 2:
    case 3:
      return { quantities: { [sku]: 3 }, paymentMethod: 'tok_twice', end: 'confirmed' };
    case 4:
    case 5:
      return { quantities: { [sku]: 1, [other]: 2 }, paymentMethod: 'tok_slow', end: 'confirmed' };
    case 6:
      return { quantities: { [sku]: received + 1 }, end: 'OUT_OF_STOCK' };
    case 7:
      return { quantities: { [sku]: 1, [other]: received + 1 }, end: 'OUT_OF_STOCK' };
    default:
      return { quantities: { [sku]: 1 + (n % 3), [other]: 1 }, end: 'confirmed' };
  }
};

type Fact = OrderEvent | InventoryEvent | PaymentEvent;

describe('Killed with -9 again and again while 16 clients order', () => {
  let site: Site;
  let program: Program;
  let shop: Shop;
  /** Order id by the number of the order, as the clients were told. */
  const acknowledged = new Map<number, string>();
  let ended: readonly contract.Order[];
  let events: readonly RecordedEvent[];
  let views: Awaited<ReturnType<typeof storedViews>>;

  const send = (n: number) => {
    const { quantities, paymentMethod } = wish(n);
    const order = { customerId: `cust-${n % 40}`, ...(paymentMethod && { paymentMethod }) };
    return shop.send(quantities, order, `order-number-${n}`);
  };

  const insist = async (n: number): Promise<void> => {
    const reply = await until(`an answer to order ${n}`, async () => {
      const answer = await send(n).catch(() => undefined);
      return answer === undefined || answer.status >= 500 ? undefined : answer;
    });
    acknowledged.set(n, read(contract.order, reply, 201).orderId);
  };

  const client = async (numbers: Iterator<number>): Promise<void> => {
    for (let next = numbers.next(); next.done !== true; next = numbers.next()) await insist(next.value);
  };

  const killer = async (): Promise<void> => {
    // The last kills come when all is ordered but not yet fulfilled.
    const moments = Array.from({ length: kills }, () => Math.ceil(Math.random() * orderCount));
    for (const moment of [...moments.sort((a, b) => a - b), orderCount, orderCount]) {
      await until(`order ${moment}`, () => (acknowledged.size >= moment ? true : undefined));
      await pause(Math.random() * 50);
      await program.kill();
      await program.start();
    }
  };

  beforeAll(async () => {
    site = await Site.open();
    program = await site.start({
      SIMULATED_SLOW_ANSWER_MS: '300',
      // Restarts on a busy machine must not cost an order its payment.
      AUTHORISATION_TIMEOUT_SECONDS: '600',
    });
    shop = new Shop(program.http);
    for (const [n, sku] of skus.entries()) await shop.stocked(sku, received, 100 + n);

    const numbers = Array.from({ length: orderCount }, (_, n) => n).values();
    await Promise.all([killer(), ...Array.from({ length: clientCount }, () => client(numbers))]);

    ended = await until('the end of all orders', async () => {
      const all = await shop.all();
      return all.length >= orderCount && all.every(({ status }) => status.lifecycle !== 'placed')
        ? all
        : undefined;
    });

    // A second process on the same file may look while the program finishes its views.
    const store = await site.platform();
    try {
      await until('the views to hold all events', async () => {
        const folded = foldedViews(await allEvents(store.eventStore));
        return isDeepStrictEqual(await storedViews(store), folded) ? true : undefined;
      }).catch(() => undefined); // The test below shows the difference.
      expect(await program.stop()).toBe(0);
      events = await allEvents(store.eventStore);
      views = await storedViews(store);
    } finally {
      await store.close();
    }
  }, 300_000);

  afterAll(() => site.clean());

  const facts = <Type extends Fact['type']>(type: Type) =>
    events.filter((event) => event.type === type) as unknown as readonly (Extract<Fact, { type: Type }> & {
      readonly stream: string;
    })[];

  it('has every acknowledged order exactly once', () => {
    const placed = facts('OrderPlaced').map(({ data }) => data.orderId);
    expect(placed.toSorted()).toEqual([...acknowledged.values()].toSorted());
    expect(new Set(placed).size).toBe(orderCount);
    expect(ended.map(({ orderId }) => orderId).toSorted()).toEqual(placed.toSorted());
  });

  it('brought every order to the one end that it must have', () => {
    const byId = new Map(ended.map((order) => [order.orderId, order]));
    for (const [n, orderId] of acknowledged) {
      const order = byId.get(orderId);
      const end = order?.reason?.code ?? order?.status.lifecycle;
      expect([n, end]).toEqual([n, wish(n).end]);
    }
    const ends = [...facts('OrderConfirmed'), ...facts('OrderRejected')];
    expect(new Set(ends.map(({ stream }) => stream)).size).toBe(orderCount);
    expect(ends).toHaveLength(orderCount);
  });

  it('has all stock on hand or committed, and reserved what is confirmed', () => {
    const confirmed = ended.filter(({ status }) => status.lifecycle === 'confirmed');
    const wanted = skus.map((sku) => {
      const lines = confirmed.flatMap((order) => order.lines.filter((line) => line.sku === sku));
      const reserved = lines.reduce((units, line) => units + line.quantity, 0);
      return { sku, received, reserved };
    });
    const units = (sku: string, found: readonly { data: { sku: string; quantity: number } }[]) =>
      found.filter(({ data }) => data.sku === sku).reduce((sum, { data }) => sum + data.quantity, 0);
    const found = skus.map((sku) => {
      const released = units(sku, facts('StockReleased')) + units(sku, facts('StockReservationExpired'));
      const reserved = units(sku, facts('StockReserved')) - released - units(sku, facts('StockCommitted'));
      return { sku, received: units(sku, facts('StockReceived')), reserved };
    });
    expect(found).toEqual(wanted);

    const stock = Object.values(views['inventory'] ?? {}).map((doc) =>
      contract.stock.extend({ committed: contract.stock.shape.onHand }).parse(doc),
    );
    expect(
      stock.map(({ sku, onHand, committed, reserved }) => ({ sku, received: onHand + committed, reserved })),
    ).toEqual(wanted);
  });

  it('took no payment twice, and none that an order did not end with', () => {
    const requested = facts('PaymentRequested').map(({ data }) => data.orderId);
    expect(new Set(requested).size).toBe(requested.length);
    const authorised = facts('PaymentAuthorised').map(({ data }) => [data.orderId, data.amount] as const);
    const confirmed = ended.filter(({ status }) => status.lifecycle === 'confirmed');
    expect(authorised.toSorted(byFirst)).toEqual(
      confirmed.map(({ orderId, total }) => [orderId, total] as const).toSorted(byFirst),
    );
    expect(facts('PaymentDeclined')).toHaveLength(
      ended.filter(({ reason }) => reason?.code === 'PAYMENT_DECLINED').length,
    );
    expect(facts('PaymentVoided')).toEqual([]);
  });

  it('has views that equal a fold of the events', () => {
    expect(views).toEqual(foldedViews(events));
  });

  it('recognises the orders when they are sent once more', async () => {
    await program.start();
    for (const n of [0, 77, orderCount - 1]) {
      const again = read(contract.order, await send(n), 201);
      expect(again.orderId).toBe(acknowledged.get(n));
    }
    const other = await shop.send({ 'KILL-1': 9 }, {}, 'order-number-77');
    expect(read(contract.problem, other, 422).code).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(await shop.all()).toHaveLength(orderCount);
  });
});

const byFirst = (a: readonly [string, ...unknown[]], b: readonly [string, ...unknown[]]): number =>
  a[0] < b[0] ? -1 : 1;
