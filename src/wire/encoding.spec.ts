import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Position } from '../kernel/envelope.js';
import { avroType, publicTypes } from './avro.js';
import { Decoder } from './decoder.js';
import { Encoder, SchemaNotRegistered, Unencodable } from './encoder.js';
import { recordNames } from './events.generated.js';
import { headerNames, writeHeaders } from './headers.js';
import { type PublicRecord } from './public-record.js';
import { registerSchemas } from './registration.js';
import { arbitraryRecord } from './testing/arbitrary-record.js';
import { InMemoryRegistry } from './testing/in-memory-registry.js';
import {
  BadHeader,
  NotConfluentFormat,
  UnknownRecord,
  UnknownSchemaId,
  UnreadableRecord,
  UnresolvableSchema,
} from './undecodable.js';

const registry = new InMemoryRegistry();
const encoder = new Encoder(registry);
const decoder = new Decoder(registry);

beforeAll(async () => {
  await registerSchemas(registry);
  await encoder.prepare();
});

/** Decoded records are objects of avsc's classes. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const refunded = (amountMinor: number): PublicRecord => ({
  type: 'PaymentRefunded',
  record: {
    paymentId: 'p1',
    orderId: 'o1',
    refundId: 'r1',
    amount: { amountMinor, currency: 'EUR' },
    reason: null,
  },
});

const framed = (schemaId: number, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(schemaId, 1);
  return Buffer.concat([head, body]);
};

/** What somebody else wrote: a value with a schema that is registered for a subject of their own. */
const foreign = async (schema: unknown, value: unknown): Promise<Buffer> => {
  const { id } = await registry.register('theirs', { schema: JSON.stringify(schema) });
  return framed(id, avroType(schema).toBuffer(value));
};

describe('Encoder and Decoder', () => {
  it.each(publicTypes)('give back every %s', async (type) => {
    const property = fc.asyncProperty(arbitraryRecord(type), async (event) => {
      const value = encoder.encode(event);
      const { record, ...rest } = await decoder.decode(value);
      const { id } = (await registry.latest(`${topicOf(type)}-${recordNames[type]}`)) ?? { id: 0 };
      expect([value[0], value.readUInt32BE(1)]).toEqual([0, id]);
      expect(rest).toEqual({ schemaId: id, recordName: recordNames[type], type });
      expect(record).toEqual(event.record);
    });
    await fc.assert(property, { numRuns: 30 });
  });

  const topicOf = (type: keyof typeof recordNames): string =>
    `commerce.${recordNames[type].split('.')[1] ?? ''}.events`;
});

describe('Encoder', () => {
  it('asks once for each type, and not while it encodes', async () => {
    const asked = new InMemoryRegistry();
    await registerSchemas(asked);
    const own = new Encoder(asked);
    await own.prepare(['OrderDelivered']);
    await own.prepare(['OrderDelivered']);
    own.encode({ type: 'OrderDelivered', record: { orderId: 'o1' } });
    expect(asked.asked).toEqual(['lookup commerce.order.events-commerce.order.OrderDelivered']);
    expect(() => own.encode(refunded(1))).toThrow('not been prepared for PaymentRefunded');
  });

  it('names what is not registered, and what to do', async () => {
    const prepared = new Encoder(new InMemoryRegistry()).prepare(['OrderReturned', 'OrderDelivered']);
    await expect(prepared).rejects.toEqual(
      new SchemaNotRegistered([
        'commerce.order.events-commerce.order.OrderDelivered',
        'commerce.order.events-commerce.order.OrderReturned',
      ]),
    );
    await expect(prepared).rejects.toThrow('npm run schemas -- register');
  });

  it('writes records that are larger than its buffer, and the ones after them', async () => {
    const large: PublicRecord = { type: 'OrderDelivered', record: { orderId: 'o'.repeat(100_000) } };
    for (const event of [refunded(1), large, refunded(2)]) {
      expect((await decoder.decode(encoder.encode(event))).record).toEqual(event.record);
    }
  });

  it.each([
    [Number.NaN, 'amount.amountMinor is NaN'],
    [1.5, 'amount.amountMinor is 1.5'],
    [2 ** 53, 'amount.amountMinor is 9007199254740992'],
  ])('names the field that holds %d', (amountMinor, sentence) => {
    expect(() => encoder.encode(refunded(amountMinor))).toThrow(Unencodable);
    expect(() => encoder.encode(refunded(amountMinor))).toThrow(
      `PaymentRefunded cannot be encoded: ${sentence}`,
    );
  });
});

describe('Decoder', () => {
  it('asks once for each schema, however many wait', async () => {
    const asked = new InMemoryRegistry();
    await registerSchemas(asked);
    const own = new Decoder(asked);
    const value = encoder.encode(refunded(1));
    await Promise.all([own.decode(value), own.decode(value), own.decode(value)]);
    await own.decode(value);
    expect(asked.asked).toEqual([`byId ${value.readUInt32BE(1)}`]);
  });

  it('asks again after the registry could not be asked', async () => {
    let down = true;
    const flaky = new InMemoryRegistry();
    await registerSchemas(flaky);
    const byId = flaky.byId.bind(flaky);
    flaky.byId = (id) => (down ? Promise.reject(new Error('down')) : byId(id));
    const own = new Decoder(flaky);
    const value = encoder.encode(refunded(1));
    await expect(own.decode(value)).rejects.toThrow('down');
    down = false;
    expect((await own.decode(value)).type).toBe('PaymentRefunded');
  });

  it('reads what older and newer programs wrote as today has it', async () => {
    const money = {
      type: 'record',
      name: 'Money',
      namespace: 'commerce.old',
      fields: [
        { name: 'amountMinor', type: 'int' },
        { name: 'currency', type: 'string' },
      ],
    };
    const value = await foreign(
      {
        type: 'record',
        name: 'ProductPriceChanged',
        namespace: 'commerce.catalog',
        fields: [
          { name: 'sku', type: 'string' },
          { name: 'since', type: 'long' },
          { name: 'price', type: money },
        ],
      },
      { sku: 's', since: 1, price: { amountMinor: 5, currency: 'EUR' } },
    );
    const { type, record } = await decoder.decode(value);
    const price = { amountMinor: 5, currency: 'EUR' };
    expect([type, plain(record)]).toEqual(['ProductPriceChanged', { sku: 's', price, previous: null }]);
  });

  it('reads a symbol that it does not know as UNKNOWN', async () => {
    const text = JSON.stringify(
      JSON.parse(
        (await registry.latest('commerce.order.events-commerce.order.FulfilmentUndone'))?.schema ?? '',
      ),
    ).replace('"CANCELLED"', '"CANCELLED","POSTPONED"');
    const event = { orderId: 'o', outcome: 'POSTPONED', reason: { code: 'c', detail: 'd' } };
    const { record } = await decoder.decode(await foreign(JSON.parse(text), event));
    expect(plain(record)).toEqual({ ...event, outcome: 'UNKNOWN' });
  });

  it('reads records of others as they were written', async () => {
    const schema = {
      type: 'record',
      name: 'x.Parcel',
      fields: [{ name: 'weight', type: ['int', 'string'] }],
    };
    const value = await foreign(schema, { weight: 7 });
    const { schemaId, record, ...rest } = await decoder.decode(value);
    expect({ ...rest, record: plain(record) }).toEqual({
      recordName: 'x.Parcel',
      type: undefined,
      record: { weight: 7 },
    });
    expect(schemaId).toBe(value.readUInt32BE(1));
    await expect(decoder.decodeMessage({ value, headers: [] })).rejects.toEqual(
      new UnknownRecord('x.Parcel'),
    );
  });

  it('reads schemas that refer to other subjects', async () => {
    const inner = { type: 'record', name: 'x.Inner', fields: [{ name: 'n', type: 'int' }] };
    const outer = { type: 'record', name: 'x.Outer', fields: [{ name: 'inner', type: 'x.Inner' }] };
    await registry.register('inner', { schema: JSON.stringify(inner) });
    const references = [{ name: 'x.Inner', subject: 'inner', version: 1 }];
    const { id } = await registry.register('outer', { schema: JSON.stringify(outer), references });
    expect(plain((await decoder.decode(framed(id, Buffer.from([14])))).record)).toEqual({ inner: { n: 7 } });
    const { id: broken } = await registry.register('broken', {
      schema: JSON.stringify({ ...outer, name: 'x.Broken' }),
      references: [{ name: 'x.Inner', subject: 'inner', version: 2 }],
    });
    await expect(decoder.decode(framed(broken, Buffer.from([14])))).rejects.toThrow('version 2 of inner');
  });

  it('names the field with a long that a number cannot hold', async () => {
    const item = { type: 'record', name: 'Item', fields: [{ name: 'count', type: 'long' }] };
    const schema = {
      type: 'record',
      name: 'x.Big',
      fields: [{ name: 'items', type: { type: 'array', items: item } }],
    };
    const { id } = await registry.register('big', { schema: JSON.stringify(schema) });
    // One block of one item, 2^62 in zigzag, end of the array.
    const body = Buffer.from([2, ...Array<number>(9).fill(0x80), 1, 0]);
    body[9] = 0x80;
    const decoded = decoder.decode(framed(id, body));
    await expect(decoded).rejects.toThrow(UnreadableRecord);
    await expect(decoded).rejects.toThrow('items.0.count is 4611686018427387904');
  });

  const body = (): Buffer => encoder.encode(refunded(1));
  it.each<[string, () => Buffer | null, new (...args: never[]) => Error, string]>([
    ['nothing', () => null, NotConfluentFormat, 'there is no value'],
    ['too few bytes', () => Buffer.from([0, 0]), NotConfluentFormat, 'it has 2 bytes'],
    ['another format', () => Buffer.from('{"a": 1}'), NotConfluentFormat, 'the first byte is 123'],
    ['an unknown id', () => framed(7, Buffer.from([0])), UnknownSchemaId, 'has no schema 7'],
    ['a cut record', () => body().subarray(0, -2), UnreadableRecord, 'PaymentRefunded'],
    ['a record and more', () => Buffer.concat([body(), Buffer.from([1])]), UnreadableRecord, 'trailing data'],
  ])('says what is wrong with %s', async (_what, value, kind, sentence) => {
    const decoded = decoder.decode(value());
    await expect(decoded).rejects.toThrow(kind);
    await expect(decoded).rejects.toThrow(sentence);
  });

  it('says when the schema cannot become that of today', async () => {
    const schema = {
      type: 'record',
      name: 'commerce.order.OrderDelivered',
      fields: [{ name: 'x', type: 'int' }],
    };
    const decoded = decoder.decode(await foreign(schema, { x: 1 }));
    await expect(decoded).rejects.toThrow(UnresolvableSchema);
    await expect(decoded).rejects.toThrow('orderId');
  });
});

describe('decodeMessage', () => {
  const envelope = {
    id: 'e1',
    type: 'PaymentRefunded',
    version: 1,
    stream: 'payment-p1',
    revision: 4,
    position: '00000000000000000123' as Position,
    metadata: {
      correlationId: 'c1',
      causationId: 'cause',
      commandId: 'k1',
      actor: 'operator',
      occurredAt: '2026-01-02T03:04:05.678Z',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    },
  };
  const headers = writeHeaders(envelope, 'commerce.payment.PaymentRefunded');
  const value = (): Buffer => encoder.encode(refunded(1));

  it('gives the event with what the headers say', async () => {
    const { id, type, stream, revision, position, metadata } = envelope;
    const { commandId: _, ...told } = metadata;
    const consumed = await decoder.decodeMessage({ value: value(), headers });
    expect(plain(consumed)).toEqual({
      id,
      type,
      stream,
      revision,
      position,
      metadata: told,
      data: refunded(1).record,
    });
  });

  it('has no traceparent where there is none', async () => {
    const without = headers.filter(([name]) => name !== headerNames.traceparent);
    const { metadata } = await decoder.decodeMessage({ value: value(), headers: without });
    expect(Object.keys(metadata)).not.toContain('traceparent');
  });

  it.each(Object.values(headerNames).filter((name) => !['traceparent', 'content-type'].includes(name)))(
    'says that %s is missing',
    async (name) => {
      const message = { value: value(), headers: headers.filter(([given]) => given !== name) };
      await expect(decoder.decodeMessage(message)).rejects.toEqual(new BadHeader(name, 'is missing'));
    },
  );

  it.each([
    ['revision', '-1', 'is -1, which is no whole number'],
    ['event-type', 'OrderPlaced', 'says OrderPlaced, the record is commerce.payment.PaymentRefunded'],
  ])('says what is wrong with %s %s', async (name, text, problem) => {
    const message = { value: value(), headers: [...headers, [name, Buffer.from(text)] as const] };
    await expect(decoder.decodeMessage(message)).rejects.toEqual(new BadHeader(name, problem));
  });
});

describe('the headers of a message', () => {
  it('are the envelope and the CloudEvent', () => {
    const event = {
      id: 'e1',
      type: 'OrderPlaced',
      version: 2,
      stream: 'order-ö1',
      revision: 0,
      position: '7' as Position,
      metadata: {
        correlationId: 'c1',
        causationId: 'r1',
        commandId: 'k1',
        actor: 'customer',
        occurredAt: '2026-01-02T03:04:05.678Z',
      },
    };
    const texts = writeHeaders(event, 'commerce.order.OrderPlaced').map(([name, text]) => [
      name,
      text.toString(),
    ]);
    expect(Object.fromEntries(texts)).toEqual({
      'event-id': 'e1',
      'event-type': 'OrderPlaced',
      'event-version': '2',
      stream: 'order-ö1',
      revision: '0',
      position: '7',
      'correlation-id': 'c1',
      'causation-id': 'r1',
      actor: 'customer',
      'occurred-at': '2026-01-02T03:04:05.678Z',
      ce_specversion: '1.0',
      ce_id: 'e1',
      ce_source: '/commerce/order',
      ce_type: 'commerce.order.OrderPlaced',
      ce_subject: 'order-ö1',
      ce_time: '2026-01-02T03:04:05.678Z',
      ce_partitionkey: 'order-ö1',
      'content-type': 'application/vnd.apache.avro+binary',
    });
  });
});
