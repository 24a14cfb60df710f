import { type Schema } from '../../schemas/model.js';

/** What fields of these names hold in examples. */
const texts: Readonly<Record<string, string>> = {
  aboutEventId: '0f8e9a52-6a0e-4d0c-9a35-2f6c1f6f3d11',
  cartId: 'cart-7Q2M',
  code: 'OUT_OF_STOCK',
  contact: 'c2VhbGVkIHVuZGVyIHRoZSBrZXkgb2YgYSBjdXN0b21lcg',
  currency: 'EUR',
  customerId: 'customer-4711',
  description: 'Organic cotton, unisex.',
  detail: '3 of TSHIRT-BLACK-M were ordered, 2 are available.',
  name: 'T-shirt, black, M',
  newShipmentId: 'order-8F3K.2',
  notificationId: '6f1d3c9e-0b7a-5e43-8a51-90c1f2ab7d34',
  orderId: 'order-8F3K',
  paymentId: 'payment-5T9X',
  reason: 'One carton was damaged.',
  reference: 'DN-2026-0815',
  refundId: 'refund-1',
  reservationId: 'order-8F3K',
  shipmentId: 'order-8F3K.1',
  shippingAddress: 'c2VhbGVkIHVuZGVyIHRoZSBzYW1lIGtleQ',
  sku: 'TSHIRT-BLACK-M',
  trackingNumber: 'JD014600006281830523',
};

const numbers: Readonly<Record<string, number>> = { amountMinor: 1999, available: 2, delta: -1, quantity: 1 };

const instant = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

/** How a value is chosen where the schema leaves a choice. */
interface Choice {
  readonly text: (field: string) => string;
  readonly number: (field: string, schema: Schema) => number;
  readonly flag: boolean;
  /** Items in an array. */
  readonly items: number;
  /** Which branch of a union, which symbol of an enum. */
  readonly pick: <Item>(from: readonly Item[]) => Item | undefined;
}

const typical: Choice = {
  text: (field) => texts[field] ?? field,
  number: (field, { logical }) => (logical ? instant : (numbers[field] ?? 1)),
  flag: true,
  items: 1,
  pick: (from) => from[1] ?? from[0],
};

const least: Choice = {
  text: () => '',
  number: (_field, { type, logical }) =>
    type === 'int' ? -(2 ** 31) : logical ? -8.64e15 : Number.MIN_SAFE_INTEGER,
  flag: false,
  items: 0,
  pick: (from) => from[0],
};

const most: Choice = {
  text: (field) => `${field} with ä, 漢字, 🛒 and "quotes"\n`,
  number: (_field, { type, logical }) =>
    type === 'int' ? 2 ** 31 - 1 : logical ? 8.64e15 : Number.MAX_SAFE_INTEGER,
  flag: true,
  items: 3,
  pick: (from) => from.at(-1),
};

const valueOf = (schema: Schema, choice: Choice, field = ''): unknown => {
  switch (schema.type) {
    case 'record': {
      const entries = schema.fields.map(({ name, schema: inner }) => [name, valueOf(inner, choice, name)]);
      return Object.fromEntries(entries) as unknown;
    }
    case 'array':
      return Array.from({ length: choice.items }, () => valueOf(schema.items, choice, field));
    case 'map':
      return Object.fromEntries(
        Array.from({ length: choice.items }, (_, key) => [
          `key ${key}`,
          valueOf(schema.values, choice, field),
        ]),
      );
    case 'union': {
      const branch = choice.pick(schema.branches);
      return branch && valueOf(branch, choice, field);
    }
    case 'enum':
      return choice.pick(schema.symbols);
    case 'string':
      return choice.text(field);
    case 'boolean':
      return choice.flag;
    case 'null':
      return null;
    case 'bytes':
    case 'fixed':
      throw new Error(`${field}: there are no examples of ${schema.type}; golden records are kept as JSON.`);
    default:
      return choice.number(field, schema);
  }
};

/** A value as it might be. */
export const example = (schema: Schema): unknown => valueOf(schema, typical);

/** Values that between them take every optional branch and go to the limits of every type. */
export const samples = (schema: Schema): readonly unknown[] =>
  [typical, least, most].map((choice) => valueOf(schema, choice));
