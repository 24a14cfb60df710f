import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../../adapters/embedded/index.js';
import { Metrics } from '../../adapters/observed/metrics.js';
import { logbook } from '../../execution/testing/logbook.js';
import { type CartEvent } from '../../domains/cart/contract.js';
import { type InventoryEvent } from '../../domains/inventory/contract.js';
import { type OrderEvent } from '../../domains/order/contract.js';
import { type PaymentEvent } from '../../domains/payment/contract.js';
import { money } from '../../kernel/money.js';
import { instant } from '../../projections/testing/history.js';
import { untilHolds } from '../../testing/until.js';
import { BusinessFigures } from './business.js';

type Event = OrderEvent | PaymentEvent | InventoryEvent | CartEvent;

const ids = { paymentId: 'p', orderId: 'o' };
const amount = money(1_999, 'EUR');

describe('The figures of the business', () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;
  let metrics: Metrics;
  let figures: BusinessFigures;
  let second: number;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'figures-'));
    engine = openEmbedded({ dataDir });
    second = 0;
    await commit('order-before', placed('before'));
    start();
    await untilHolds(async () => {
      expect((await engine.leases.held('job:')).map(({ name }) => name)).toEqual(['job:order.figures']);
    });
  });
  afterEach(async () => {
    await figures.stop();
    await engine.close();
    await rm(dataDir, { recursive: true });
  });

  const start = (): void => {
    metrics = new Metrics();
    const leadership = { leases: engine.leases, owner: 'one', ttlMs: 60_000, logger: logbook().logger };
    const { eventStore, checkpoints } = engine;
    figures = new BusinessFigures({ ...leadership, eventStore, checkpoints }, metrics);
    figures.start();
  };

  const placed = (orderId: string): OrderEvent => ({
    type: 'OrderPlaced',
    data: {
      ...{ orderId, customerId: 'ann', cartId: null, lines: [], total: amount, paymentId: 'p' },
      ...{ paymentMethod: 'card', placedAt: instant(0), contact: null, shippingAddress: null },
    },
  });

  /** Each ten seconds after the one before. */
  const commit = async (stream: string, event: Event): Promise<void> => {
    second += 10;
    const metadata = {
      ...{ correlationId: 'c', causationId: 'c', commandId: `${stream} ${second}`, actor: 'tester' },
      occurredAt: instant(second),
    };
    const version = event.type === 'OrderPlaced' ? 2 : 1;
    await engine.eventStore.append(stream, 'any', [{ id: `e${second}`, version, metadata, ...event }]);
  };

  const samples = async (): Promise<readonly string[]> =>
    (await metrics.text()).split('\n').filter((line) => /^commerce_/.test(line) && !/_bucket/.test(line));

  const reason = (code: string) => ({ code, detail: '' });

  it('are counted from the events', async () => {
    await commit('order-o', placed('o'));
    await commit('order-o', { type: 'OrderConfirmed', data: { orderId: 'o' } });
    await commit('order-before', {
      type: 'OrderRejected',
      data: { orderId: 'before', reason: reason('OUT_OF_STOCK') },
    });
    await commit('order-x', {
      type: 'OrderRejected',
      data: { orderId: 'x', reason: reason('never heard of') },
    });
    await commit('payment-p', { type: 'PaymentAuthorised', data: { ...ids, amount, authorisationId: 'a' } });
    await commit('payment-q', {
      type: 'PaymentDeclined',
      data: { ...ids, code: 'EXPIRED_CARD', detail: '' },
    });
    await commit('payment-p', { type: 'PaymentCaptured', data: { ...ids, amount } });
    await commit('payment-p', {
      type: 'PaymentRefunded',
      data: { ...ids, refundId: 'r', amount: money(500, 'EUR'), reason: null },
    });
    await commit('cart-c', { type: 'CartOpened', data: { cartId: 'c', customerId: 'ann' } });
    const whole = {
      type: 'OrderShipped',
      data: { orderId: 'o', shipmentId: 's', lines: [], complete: true },
    } as const;
    await commit('order-o', whole);
    await untilHolds(async () => {
      expect(await samples()).toEqual([
        'commerce_orders_total{state="placed"} 1',
        'commerce_orders_total{state="confirmed"} 1',
        'commerce_orders_total{state="rejected"} 2',
        'commerce_orders_total{state="shipped"} 1',
        'commerce_orders_rejected_total{reason="OUT_OF_STOCK"} 1',
        'commerce_orders_rejected_total{reason="other"} 1',
        'commerce_revenue_minor_total{currency="EUR"} 1999',
        'commerce_refunds_total{currency="EUR"} 1',
        'commerce_refunded_minor_total{currency="EUR"} 500',
        'commerce_payments_total{answer="authorised",decline_class=""} 1',
        'commerce_payments_total{answer="declined",decline_class="card"} 1',
        'commerce_stock_outs_total 0',
        'commerce_reservations_expired_total 0',
        'commerce_carts_total{state="opened"} 1',
        'commerce_order_confirmation_seconds_sum 10',
        'commerce_order_confirmation_seconds_count 1',
        'commerce_order_shipping_seconds_sum 90',
        'commerce_order_shipping_seconds_count 1',
      ]);
    });
  });

  it('go on where they were, also for orders that were placed before', async () => {
    await commit('order-o', placed('o'));
    await untilHolds(async () => {
      expect(await samples()).toContain('commerce_orders_total{state="placed"} 1');
    });
    await figures.stop();
    await commit('order-o', { type: 'OrderConfirmed', data: { orderId: 'o' } });
    start();
    await untilHolds(async () => {
      const now = await samples();
      expect(now).toContain('commerce_orders_total{state="confirmed"} 1');
      expect(now).toContain('commerce_order_confirmation_seconds_sum 10');
      expect(now).not.toContain('commerce_orders_total{state="placed"} 1');
    });
  });
});
