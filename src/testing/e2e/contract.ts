import { z } from 'zod';

/** The names in JSON that clients rely on. */
export const money = z.strictObject({ amountMinor: z.int(), currency: z.string() });

export const order = z.object({
  orderId: z.string(),
  customerId: z.string(),
  lines: z.array(
    z.object({
      sku: z.string(),
      name: z.string(),
      quantity: z.int(),
      unitPrice: money,
      lineTotal: money,
    }),
  ),
  total: money,
  status: z.strictObject({
    lifecycle: z.enum([
      'placed',
      'confirmed',
      'rejected',
      'cancelling',
      'cancelled',
      'completed',
      'returned',
    ]),
    payment: z.enum([
      'none',
      'requested',
      'authorised',
      'declined',
      'captured',
      'voided',
      'partially_refunded',
      'refunded',
    ]),
    fulfilment: z.enum(['none', 'reserved', 'partially_shipped', 'shipped', 'delivered']),
  }),
  reason: z.object({ code: z.string(), detail: z.string() }).nullable(),
  paymentId: z.string().nullable(),
  placedAt: z.iso.datetime(),
  revision: z.int(),
});

export type Order = z.infer<typeof order>;

export const orders = z.object({ items: z.array(order), nextCursor: z.string().nullable() });

export const timeline = z.object({
  items: z.array(
    z.object({
      eventId: z.string(),
      type: z.string(),
      at: z.iso.datetime(),
      causationId: z.string(),
      causedBy: z.object({ eventId: z.string(), type: z.string() }).nullable(),
    }),
  ),
});

export const stock = z.object({
  sku: z.string(),
  onHand: z.int(),
  reserved: z.int(),
  available: z.int(),
});

export const payment = z.object({ paymentId: z.string(), status: z.string(), amount: money });

export const product = z.object({ sku: z.string(), name: z.string(), price: money.nullable() });

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })),
});
