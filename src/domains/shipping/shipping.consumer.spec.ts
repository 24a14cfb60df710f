import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandBus } from '@nestjs/cqrs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../../adapters/embedded/index.js';
import { type Consumed } from '../../consumers/consumer.js';
import { type NewEvent, type RecordedEvent } from '../../kernel/envelope.js';
import { type Sealed } from '../../kernel/sealed.js';
import { sampleEvent } from '../../testing/sample-events.js';
import { type OrderEvent, orderEvents } from '../order/contract.js';
import { ShippingConsumers } from './shipping.consumer.js';
import { type ChangeShipping, Shippings } from './shipping.handlers.js';

const orderId = 'o';
const eur = (amountMinor: number) => ({ amountMinor, currency: 'EUR' });
const lines = [{ sku: 'tea', quantity: 2 }];
const placed: OrderEvent = {
  type: 'OrderPlaced',
  data: {
    orderId,
    customerId: 'ann',
    cartId: null,
    lines: [{ sku: 'tea', name: 'Tea', quantity: 2, unitPrice: eur(300), lineTotal: eur(600) }],
    total: eur(600),
    paymentId: 'p',
    paymentMethod: 'card',
    placedAt: '2026-01-02T03:04:05.678Z',
    contact: null,
    shippingAddress: 'sealed address' as Sealed,
  },
};
const confirmed: OrderEvent = { type: 'OrderConfirmed', data: { orderId } };
const cancelling: OrderEvent = {
  type: 'OrderCancellationRequested',
  data: { orderId, reason: { code: 'CHANGED_MIND', detail: 'No longer needed.' } },
};
const planned = [
  {
    type: 'ShippingPlanned',
    data: { orderId, customerId: 'ann', lines, shippingAddress: 'sealed address' },
  },
  { type: 'ShipmentCreated', data: { orderId, shipmentId: 'o.1', lines } },
];
const stopped = { type: 'ShippingStopped', data: { orderId } };
const dispatched = {
  type: 'ShipmentDispatched',
  data: { orderId, shipmentId: 'o.1', lines, trackingNumber: 'T', complete: true },
};

describe("the shipping service's consumer", () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;
  let shippings: Shippings;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'shipping-'));
    engine = openEmbedded({ dataDir });
    shippings = new Shippings(engine.eventStore, { now: () => '2026-01-02T03:04:05.678Z' });
  });

  afterEach(async () => {
    await engine.close();
    await rm(dataDir, { recursive: true });
  });

  const consumer = () => {
    const bus = { execute: (command: ChangeShipping) => shippings.execute(command) } as unknown as CommandBus;
    const [only] = new ShippingConsumers(bus, engine.eventStore).consumers();
    if (only === undefined) throw new Error('There is one.');
    return only;
  };

  /** The events as they come from the topic, once they are in the order's stream. */
  const recorded = async (...events: readonly OrderEvent[]): Promise<readonly Consumed[]> => {
    const news = events.map(({ type, data }): NewEvent => {
      return { ...sampleEvent(type, { type }), version: orderEvents[type].current, data };
    });
    await engine.eventStore.append('order-o', 'any', news);
    return (await engine.eventStore.readStream('order-o')).map(consumed);
  };
  const consumed = ({ id, type, stream, revision, position, metadata, data }: RecordedEvent) =>
    ({ id, type, stream, revision, position, metadata, data }) as Consumed;
  const consume = async (...events: readonly (Consumed | undefined)[]) => {
    const { signal } = new AbortController();
    for (const event of events) if (event !== undefined) await consumer().handle(event, signal);
  };
  const shipments = () => engine.eventStore.readStream('shipment-o');
  const facts = async () => (await shipments()).map(({ type, data }) => ({ type, data }));
  const dispatch = () =>
    shippings.execute({
      id: orderId,
      command: { do: 'dispatch', orderId, shipmentId: 'o.1', trackingNumber: 'T' },
      context: { commandId: 'd', correlationId: 'c', causationId: 'c', actor: 'tester' },
    });

  it('takes part in what concerns it only', () => {
    const { group, topics, handles } = consumer();
    expect({ group, topics, handles }).toStrictEqual({
      group: 'shipping',
      topics: ['commerce.order.events'],
      handles: ['OrderConfirmed', 'OrderCancellationRequested'],
    });
  });

  it('plans what is confirmed, with the address as it is sealed, once', async () => {
    const [, confirmation] = await recorded(placed, confirmed);
    await consume(confirmation, confirmation);
    expect(await facts()).toStrictEqual(planned);
    for (const { metadata } of await shipments()) {
      expect(metadata).toMatchObject({
        causationId: 'OrderConfirmed',
        correlationId: 'correlation of OrderConfirmed',
        actor: 'shipping',
      });
    }
    // Redelivered to a process that knows nothing.
    shippings = new Shippings(engine.eventStore, { now: () => 'later' });
    await consume(confirmation);
    expect(await facts()).toStrictEqual(planned);
  });

  it('stops what is to be cancelled', async () => {
    const [, confirmation] = await recorded(placed, confirmed);
    await consume(confirmation);
    const [, , cancellation] = await recorded(cancelling);
    await consume(cancellation, cancellation, confirmation);
    expect(await facts()).toStrictEqual([...planned, stopped]);
  });

  it('plans nothing of what is to be cancelled already, and stops it', async () => {
    const [, confirmation, cancellation] = await recorded(placed, confirmed, cancelling);
    await consume(confirmation);
    expect(await facts()).toStrictEqual([]);
    await consume(cancellation, confirmation, cancellation);
    expect(await facts()).toStrictEqual([stopped]);
    expect((await shipments())[0]?.metadata.causationId).toBe('OrderCancellationRequested');
  });

  it('does not stop what has left the building', async () => {
    const [, confirmation] = await recorded(placed, confirmed);
    await consume(confirmation);
    await dispatch();
    const [, , cancellation] = await recorded(cancelling);
    await consume(cancellation, confirmation, cancellation);
    expect(await facts()).toStrictEqual([...planned, dispatched]);
  });

  it('fails for an order that is not there, so that the message is kept', async () => {
    const [confirmation] = await recorded(confirmed);
    await expect(consume(confirmation)).rejects.toThrow('order-o does not begin with an OrderPlaced.');
    expect(await facts()).toStrictEqual([]);
  });
});
