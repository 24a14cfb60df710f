import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Position, type RecordedEvent, UnknownEvent } from '../kernel/envelope.js';
import { publicAvroType, publicTypes } from '../wire/avro.js';
import { recordNames } from '../wire/events.generated.js';
import { type PublicRecord, type PublicType } from '../wire/public-record.js';
import { arbitraryPublicRecord } from '../wire/testing/arbitrary-record.js';
import { categories, type StoredEvent, toPublic, topics, UnmappedEvent } from './catalogue.js';
import { type Mappings } from './mapping.js';

const recorded = (stream: string, type: string, data: object, version = 1): RecordedEvent => ({
  id: 'e1',
  type,
  version,
  data,
  stream,
  revision: 3,
  position: '7' as Position,
  metadata: {
    correlationId: 'c',
    causationId: 'r',
    commandId: 'k',
    actor: 'tester',
    occurredAt: '2026-01-02T03:04:05.678Z',
  },
});

const categoryNameOf = (type: string): string => {
  const [name] = [...categories].find(([, { versions }]) => Object.hasOwn(versions, type)) ?? [];
  if (name === undefined) throw new Error(`No category has ${type}.`);
  return name;
};

const versionOf = (type: string): number =>
  (categories.get(categoryNameOf(type))?.versions as Record<string, { current: number }> | undefined)?.[type]
    ?.current ?? 0;

const secret = 'tok_SECRET';
const iso = (millis: number): string => new Date(millis).toISOString();
const leaky = <Data extends { reason: { code: string; detail: string } }>(data: Data) =>
  data.reason.code === 'PAYMENT_DECLINED' ? { ...data, reason: { ...data.reason, detail: secret } } : data;

/** What is stored where a record says this, with something private wherever there is a place for it. */
const storedOf = ({ type, record }: PublicRecord): object => {
  switch (type) {
    case 'OrderPlaced':
      return { ...record, placedAt: iso(record.placedAt), paymentMethod: secret };
    case 'CartCheckedOut':
      return { ...record, paymentMethod: secret, contact: secret, shippingAddress: secret };
    case 'ReservationRequested':
      return { ...record, expiresAt: iso(record.expiresAt), paymentMethod: secret };
    case 'AuthorisationRequested':
      return { ...record, timesOutAt: iso(record.timesOutAt), method: secret };
    case 'StockReserved':
      return { ...record, expiresAt: iso(record.expiresAt) };
    case 'PaymentRequested':
      return { ...record, method: secret };
    case 'PaymentAuthorised':
      return { ...record, authorisationId: secret };
    case 'PaymentDeclined':
      return { ...record, detail: secret };
    case 'OrderRejected':
    case 'OrderCancellationRequested':
    case 'OrderCancellationRefused':
    case 'OrderCancelled':
    case 'ShippingStopAwaited':
      return leaky(record);
    case 'FulfilmentAbandoned':
    case 'FulfilmentUndone':
      return { ...leaky(record), outcome: record.outcome.toLowerCase() };
    case 'NotificationSent':
      return { ...record, template: record.template.toLowerCase().replace('_', '-') };
    case 'NotificationFailed':
      return { ...record, template: record.template.toLowerCase().replace('_', '-'), detail: secret };
    default:
      return record;
  }
};

/** UNKNOWN is what readers make of what they do not know; it is never stored. */
const isStorable = (event: PublicRecord): boolean => !JSON.stringify(event).includes('"UNKNOWN"');

const declined = (event: PublicRecord): PublicRecord => {
  if (!('reason' in event.record) || typeof event.record.reason !== 'object' || !event.record.reason)
    return event;
  const reason = { code: 'PAYMENT_DECLINED', detail: 'The payment was declined.' };
  return { ...event, record: { ...event.record, reason } } as PublicRecord;
};

describe('toPublic', () => {
  it('makes of every stored fact its record, and nothing private', () => {
    const property = fc.property(
      arbitraryPublicRecord().filter(isStorable),
      fc.boolean(),
      (any, isDeclined) => {
        const expected = isDeclined ? declined(any) : any;
        const { type } = expected;
        const stream = `${categoryNameOf(type)}-x1`;
        const event = toPublic(recorded(stream, type, storedOf(expected), versionOf(type)));
        const recordName = recordNames[type];
        const topic = `commerce.${recordName.split('.')[1] ?? ''}.events`;
        const route = { topic, subject: `${topic}-${recordName}`, recordName, key: Buffer.from(stream) };
        expect(event).toEqual({ ...expected, ...route });
        const avro = publicAvroType(type);
        expect(avro.isValid(event.record, { noUndeclaredFields: true })).toBe(true);
        expect(JSON.stringify(event.record)).not.toContain(secret);
        expect(avro.toBuffer(event.record).includes(secret)).toBe(false);
      },
    );
    fc.assert(property, { numRuns: 2_000 });
  });

  it('reads facts of older versions', () => {
    const data = { sku: 's', name: 'n', priceMinor: 5, currency: 'EUR' };
    const price = { amountMinor: 5, currency: 'EUR' };
    const { record } = toPublic(recorded('product-s', 'ProductAdded', data, 1));
    expect(record).toEqual({ sku: 's', name: 'n', description: null, price });
  });

  it.each([
    ['an unknown category', recorded('parcel-1', 'OrderPlaced', {}), UnmappedEvent, 'parcel-1 revision 3'],
    ['a type of another category', recorded('cart-1', 'OrderPlaced', {}), UnknownEvent, 'cart-1 revision 3'],
    ['a type that is no event', recorded('cart-1', 'toString', {}), UnknownEvent, 'cart-1 revision 3'],
    [
      'a version that is not known',
      recorded('cart-1', 'CartOpened', {}, 9),
      UnknownEvent,
      'cart-1 revision 3',
    ],
  ])('names stream and revision of %s', (_what, event, kind, place) => {
    expect(() => toPublic(event)).toThrow(kind);
    expect(() => toPublic(event)).toThrow(place);
  });
});

const storedTypes = (): readonly string[] =>
  [...categories.values()].flatMap(({ versions }) => Object.keys(versions));

describe('the catalogue', () => {
  it('has every category of streams, with the versions that its service reads', async () => {
    const files = readdirSync('src/domains', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.events.ts'))
      .map((file) => `../domains/${file.replace(/ts$/, 'js')}`);
    const found = await Promise.all(
      files.map(async (file) => {
        const module = (await import(file)) as Record<string, unknown>;
        const ending = (end: string) => Object.entries(module).find(([name]) => name.endsWith(end))?.[1];
        return [ending('Category'), ending('Events')] as const;
      }),
    );
    expect(found.length).toBeGreaterThan(0);
    expect(new Map(found)).toEqual(new Map([...categories].map(([name, { versions }]) => [name, versions])));
  });

  it('has a schema for every type, and a type for every schema', () => {
    expect([...storedTypes()].sort()).toEqual([...publicTypes].sort());
  });

  it('has an upcaster for every version that was', () => {
    const missing = [...categories.values()].flatMap(({ versions }) =>
      Object.entries<{ current: number; upcasters?: object }>(versions).flatMap(
        ([type, { current, upcasters = {} }]) =>
          Array.from({ length: current - 1 }, (_, index) => index + 1)
            .filter((version) => !Object.hasOwn(upcasters, version))
            .map((version) => `${type} ${version}`),
      ),
    );
    expect(missing).toEqual([]);
  });

  it('has one topic a domain', () => {
    expect([...topics].sort()).toEqual([
      'commerce.cart.events',
      'commerce.catalog.events',
      'commerce.inventory.events',
      'commerce.notification.events',
      'commerce.order.events',
      'commerce.payment.events',
      'commerce.shipping.events',
    ]);
  });

  it('does not compile with what does not belong together', () => {
    type WithoutEvent = Exclude<PublicType, StoredEvent['type']>;
    // When a schema has no event, the compiler names it here.
    const withoutEvent: [WithoutEvent] extends [never] ? 'none' : WithoutEvent = 'none';
    interface Event<Data extends object, Type extends string = 'OrderDelivered'> {
      type: Type;
      data: Data;
    }
    type Data = Readonly<Record<'orderId', string>>;
    const fits: Mappings<Event<Data>, 'order'> = { OrderDelivered: 'same' };
    type Secret = Event<Data & { secret: string }>;
    // @ts-expect-error: the record would have a field that its schema does not have
    const more: Mappings<Secret, 'order'> = { OrderDelivered: 'same' };
    // @ts-expect-error: the record would lack a field
    const fewer: Mappings<Event<Data>, 'order'> = { OrderDelivered: () => ({}) };
    // @ts-expect-error: the topic of another domain
    const elsewhere: Mappings<Event<Data>, 'cart'> = { OrderDelivered: 'same' };
    // @ts-expect-error: an event without mapping
    const none: Mappings<Event<Data>, 'order'> = {};
    // @ts-expect-error: an event without schema
    const unknown: Mappings<Event<Data, 'OrderLost'>, 'order'> = { OrderLost: 'same' };
    expect([withoutEvent, fits, more, fewer, elsewhere, none, unknown]).toHaveLength(7);
  });
});
