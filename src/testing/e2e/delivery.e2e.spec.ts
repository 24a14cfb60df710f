import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import avro from 'avsc';
import { z } from 'zod';
import * as contract from '../../http/contract.js';
import { type RecordedEvent } from '../../kernel/envelope.js';
import { type Message } from '../../ports/message-log.js';
import { readHeader } from '../../wire/headers.js';
import { until } from '../until.js';
import { cli } from './cli.js';
import { enginesGiven } from './engines.js';
import { read } from './http-client.js';
import { freePort, type Program, Site } from './program.js';
import { Shop } from './shop.js';
import { allEvents } from './stored.js';
import { allRecords } from './topics.js';

const contact = { name: 'Ada Lovelace', email: 'ada@example.com' };
const shippingAddress = {
  line1: '12 St James’s Square',
  postalCode: 'SW1Y 4JH',
  city: 'London',
  country: 'GB',
};

describe('An order from its placing to its delivery', () => {
  let site: Site;
  let program: Program;
  let shop: Shop;
  let registryUrl: string;
  let order: contract.Order;
  let events: readonly RecordedEvent[];
  let records: readonly Message[];

  beforeAll(async () => {
    site = await Site.open();
    const registryPort = String(await freePort());
    registryUrl = enginesGiven['SCHEMA_REGISTRY_URL'] ?? `http://127.0.0.1:${registryPort}`;
    program = await site.start({
      REGISTRY_PORT: registryPort,
      SIMULATED_CARRIER: 'true',
      SIMULATED_CARRIER_PAUSE_MS: '50',
    });
    shop = new Shop(program.http);
    await shop.stocked('CHAIN', 10);
    const placed = await shop.place({ CHAIN: 2 }, { customerId: 'ada', contact, shippingAddress });
    order = await until('the delivery', async () => {
      const found = await shop.find(placed.orderId);
      return found?.status.fulfilment === 'delivered' ? found : undefined;
    });
    await until('four notifications', async () => (await notifications()).length === 4 || undefined);
    const engine = await site.platform();
    try {
      await until(
        'everything to be published',
        async () =>
          (await engine.messageLog.checkpoint('bridge')) === (await engine.eventStore.head()) || undefined,
      );
      events = await allEvents(engine.eventStore);
      records = await allRecords(engine.messageLog);
    } finally {
      await engine.close();
    }
  });

  afterAll(() => site.clean());

  const notifications = async () =>
    read(contract.notifications, await program.http.get(`/api/notifications?orderId=${order.orderId}`), 200)
      .items;

  it('is confirmed, paid, shipped and delivered, and its stock has left', async () => {
    expect(order.status).toEqual({ lifecycle: 'completed', payment: 'captured', fulfilment: 'delivered' });
    expect(await shop.stock('CHAIN')).toEqual([8, 0, 8]);
    const own = read(contract.orderDetails, await program.http.get(`/api/orders/${order.orderId}`), 200);
    expect(own).toMatchObject({ contact, shippingAddress, personalData: 'readable' });
  });

  it('tells the customer four times, each for one cause', async () => {
    const items = await notifications();
    expect(
      items.map(({ template, status, attempt, mail }) => ({ template, status, attempt, to: mail?.to })),
    ).toEqual(
      ['order-placed', 'order-confirmed', 'order-shipped', 'order-delivered'].map((template) => ({
        template,
        status: 'sent',
        attempt: 1,
        to: contact,
      })),
    );
    for (const { mail } of items) {
      expect(mail?.text).toContain(contact.name);
      expect(mail?.text).toContain(order.orderId);
    }
  });

  it('has a timeline in which every step names its cause', async () => {
    const timeline = await shop.timeline(order.orderId);
    const types = timeline.map(({ type }) => type);
    for (const type of ['ShippingPlanned', 'ShipmentCreated', 'ShipmentDispatched', 'ShipmentDelivered']) {
      expect(types).toContain(type);
    }
    expect(types.filter((type) => type === 'NotificationSent')).toHaveLength(4);
    expect(timeline.filter(({ causedBy }) => causedBy === null).map(({ type }) => type)).toEqual([
      'OrderPlaced',
    ]);
  });

  it('is in the topics, event by event, for any reader of Avro and of the registry', async () => {
    const stored = new Map(events.map((event) => [event.id, event]));
    const types = new Map<number, avro.Type>();
    for (const message of records) {
      const { value, headers, key } = message;
      if (value === null) throw new Error('A record without a value.');
      expect(value.readUInt8(0)).toBe(0);
      const id = value.readUInt32BE(1);
      const type = types.get(id) ?? (await schemaById(id));
      types.set(id, type);
      const decoded: unknown = type.fromBuffer(value.subarray(5));
      expect(decoded).toEqual(expect.any(Object));
      const event = stored.get(readHeader(headers, 'event-id') ?? '');
      expect(event).toMatchObject({
        stream: key?.toString(),
        type: readHeader(headers, 'event-type'),
        revision: Number(readHeader(headers, 'revision')),
      });
      expect(readHeader(headers, 'ce_id')).toBe(event?.id);
      expect(readHeader(headers, 'ce_type')).toBe(type.name);
    }
    expect(records).toHaveLength(events.length);
  });

  it('agrees with the store, says bridge verify', async () => {
    const { code, stdout } = await cli('bridge', ['verify'], site.settings);
    expect(stdout).toContain('Store and topics agree.');
    expect(code).toBe(0);
  });

  const schemaById = async (id: number): Promise<avro.Type> => {
    const answer = await fetch(`${registryUrl}/schemas/ids/${id}`);
    const { schema } = z.object({ schema: z.string() }).parse(await answer.json());
    return avro.Type.forSchema(JSON.parse(schema) as avro.Schema);
  };
});
