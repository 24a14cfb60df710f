import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Platform } from '../../app/platform.js';
import { Translation } from '../../bridge/translation.js';
import { type OrderEvent, orderEvents } from '../../domains/order/contract.js';
import { type NewEvent, type RecordedEvent } from '../../kernel/envelope.js';
import { positionAt } from '../sample-positions.js';
import { until } from '../until.js';
import { cli } from './cli.js';
import { Site } from './program.js';
import { Shop } from './shop.js';

const ghost = 'ghost';
const stream = `order-${ghost}`;
const at = '2026-01-02T03:04:05.678Z';

const newEvent = ({ type, data }: OrderEvent): NewEvent => ({
  id: randomUUID(),
  type,
  version: orderEvents[type].current,
  data,
  metadata: {
    correlationId: ghost,
    causationId: ghost,
    commandId: randomUUID(),
    actor: 'spec',
    occurredAt: at,
  },
});

describe('Messages that cannot be handled yet', () => {
  let site: Site;
  let shop: Shop;
  let engine: Platform;

  beforeAll(async () => {
    site = await Site.open();
    const program = await site.start({ CONSUMER_ATTEMPTS: '2', LOG_LEVEL: 'silent' });
    shop = new Shop(program.http);
    engine = await site.platform();
    await shop.stocked('FLOWS', 100);
  });

  afterAll(async () => {
    await engine.close();
    await site.clean();
  });

  /** Into the topic, as if the bridge had: the store knows nothing of it. */
  const publish = async (...events: readonly OrderEvent[]): Promise<void> => {
    const translation = new Translation(engine.schemaRegistry);
    await translation.prepare();
    const recorded = events.map((event, revision): RecordedEvent => ({
      ...newEvent(event),
      stream,
      revision,
      position: positionAt(revision),
    }));
    await engine.messageLog.publish(recorded.map((event) => translation.messageOf(event)));
  };

  const parked = (state: 'failed' | 'waiting' | 'due', count: number) =>
    until(`${count} messages ${state}`, async () => {
      const counts = await engine.deadLetters.count({ group: 'shipping' });
      return counts[state] === count || undefined;
    });

  const factsOf = async (name: string) => (await engine.eventStore.readStream(name)).map(({ type }) => type);

  it('hold back their key only, and after the mend are handled in order, once', async () => {
    const reason = { code: 'CANCELLED_BY_CUSTOMER', detail: 'No more.' };
    await publish(
      { type: 'OrderConfirmed', data: { orderId: ghost } },
      { type: 'OrderCancellationRequested', data: { orderId: ghost, reason } },
    );
    await parked('failed', 1);
    await parked('waiting', 1);

    // Others go on.
    const { orderId } = await shop.place({ FLOWS: 1 });
    await until(
      'the shipment of another order',
      async () => (await factsOf(`shipment-${orderId}`)).includes('ShipmentCreated') || undefined,
    );
    expect(await factsOf(`shipment-${ghost}`)).toEqual([]);

    // The mend: now the order is there.
    const line = { sku: 'NOWHERE', name: 'Nothing', quantity: 1 };
    const price = { amountMinor: 100, currency: 'EUR' };
    await engine.eventStore.append(stream, 'absent', [
      newEvent({
        type: 'OrderPlaced',
        data: {
          ...{ orderId: ghost, customerId: 'ghost', cartId: null, placedAt: at, total: price },
          ...{
            paymentId: `pay-${ghost}`,
            paymentMethod: 'tok_approve',
            contact: null,
            shippingAddress: null,
          },
          lines: [{ ...line, unitPrice: price, lineTotal: price }],
        },
      }),
    ]);
    const { code, stdout } = await cli('dlq', ['redrive', '--group', 'shipping', '--json'], {
      ...site.settings,
      LOG_LEVEL: 'silent',
    });
    expect({ code, redriven: JSON.parse(stdout) as unknown }).toMatchObject({ code: 0 });
    await parked('failed', 0);
    await parked('waiting', 0);
    await parked('due', 0);
    expect(await factsOf(`shipment-${ghost}`)).toEqual([
      'ShippingPlanned',
      'ShipmentCreated',
      'ShippingStopped',
    ]);
  });

  it('are told by bridge verify to be none of the store', async () => {
    const { code, stdout } = await cli('bridge', ['verify', '--json'], site.settings);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      counts: { gap: 0, duplicate: 0, reordered: 0, foreign: 2, differing: 0 },
    });
  });
});
