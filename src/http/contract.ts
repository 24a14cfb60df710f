import { z } from 'zod';
import { templates } from '../domains/notification/contract.js';

/** What the API answers: the names in JSON that clients rely on. Documents it, and the end-to-end tests hold it to it. */
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
    fulfilment: z.enum(['none', 'reserved', 'partially_shipped', 'shipped', 'delivered', 'delivery_failed']),
  }),
  reason: z.object({ code: z.string(), detail: z.string() }).nullable(),
  paymentId: z.string().nullable(),
  placedAt: z.iso.datetime(),
  revision: z.int(),
});

export type Order = z.infer<typeof order>;

export const contact = z.object({ name: z.string(), email: z.string() });

export const shippingAddress = z.object({
  name: z.string().nullable(),
  line1: z.string(),
  line2: z.string().nullable(),
  postalCode: z.string(),
  city: z.string(),
  region: z.string().nullable(),
  country: z.string(),
});

/** `forgotten`: there was personal data, and its key is gone. */
export const personalData = z.object({
  contact: contact.nullable(),
  shippingAddress: shippingAddress.nullable(),
  personalData: z.enum(['none', 'readable', 'forgotten']),
});

/** The order's own query, which alone shows personal data. */
export const orderDetails = order.extend(personalData.shape);

const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

export const orders = pageOf(order);

export const cancellation = z.object({
  orderId: z.string(),
  status: z.object({ lifecycle: z.string() }),
  revision: z.int(),
});

export const timeline = pageOf(
  z.object({
    eventId: z.string(),
    type: z.string(),
    stream: z.string(),
    revision: z.int(),
    at: z.iso.datetime(),
    causationId: z.string(),
    causedBy: z.object({ eventId: z.string(), type: z.string() }).nullable(),
    actor: z.string(),
    summary: z.string(),
  }),
);

export const stock = z.object({
  sku: z.string(),
  onHand: z.int(),
  reserved: z.int(),
  available: z.int(),
});

export const payment = z.object({
  paymentId: z.string(),
  orderId: z.string(),
  status: z.string(),
  amount: money,
  authorised: money,
  captured: money,
  refunded: money,
  revision: z.int(),
});

export const refund = z.object({
  paymentId: z.string(),
  refundId: z.string(),
  amount: money,
  reason: z.string().nullable(),
  revision: z.int(),
});

const salesFigures = z.object({
  currency: z.string(),
  /** Placed. */
  orders: z.int(),
  /** Captured. */
  revenue: money,
  refunds: money,
});

/** Days are those of UTC; both ends of the window are in it. */
export const sales = z.object({
  window: z.object({ from: z.iso.date(), to: z.iso.date() }),
  days: z.array(salesFigures.extend({ day: z.iso.date() })),
  totals: z.array(salesFigures),
});

const shipmentLines = z.array(z.object({ sku: z.string(), quantity: z.int() }));

export const shipment = z.object({
  shipmentId: z.string(),
  orderId: z.string(),
  status: z.enum(['pending', 'dispatched', 'delivered', 'failed', 'lost', 'stopped']),
  lines: shipmentLines,
  trackingNumber: z.string().nullable(),
  reason: z.string().nullable(),
  revision: z.int(),
});

export const shipments = pageOf(shipment).extend({ leftOver: shipmentLines });

export const product = z.object({
  sku: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  price: money.nullable(),
  status: z.string(),
});

export const catalogEntry = product.extend({ available: z.int(), revision: z.int() });

export const catalog = pageOf(catalogEntry);

/** A cart that is checked out names its order; its items are then the order's lines. */
export const cart = z.object({
  cartId: z.string(),
  status: z.string(),
  customerId: z.string().optional(),
  items: z
    .array(
      z.object({ sku: z.string(), name: z.string(), quantity: z.int(), unitPrice: money, lineTotal: money }),
    )
    .optional(),
  total: money.nullable().optional(),
  orderId: z.string().nullable().optional(),
  revision: z.int(),
});

const told = z.object({
  notificationId: z.string(),
  orderId: z.string(),
  template: z.enum(templates),
  /** As of the last attempt. */
  status: z.enum(['sent', 'failed']),
  attempt: z.int(),
  /** The event that the customer is told of. */
  aboutEventId: z.string(),
  failure: z.object({ code: z.string(), detail: z.string() }).nullable(),
  revision: z.int(),
});

export const resentNotification = told;

export const notification = told.extend({
  at: z.iso.datetime(),
  /** null where none was sent, the mailer keeps none, or its key is forgotten. */
  mail: z.object({ to: contact, subject: z.string(), text: z.string() }).nullable(),
});

export const notifications = pageOf(notification);

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })),
});

/** What failed alike, and all that the filter finds. */
export const deadLetterGroups = z.object({
  items: z.array(
    z.object({
      failure: z.string(),
      error: z.string(),
      type: z.string().nullable(),
      group: z.string(),
      topic: z.string(),
      message: z.string(),
      failed: z.int(),
      waiting: z.int(),
      firstFailedAt: z.iso.datetime(),
      lastFailedAt: z.iso.datetime(),
      example: z.string(),
    }),
  ),
  total: z.object({ failed: z.int(), due: z.int(), waiting: z.int() }),
});

const deadLetterSummary = z.object({
  id: z.string(),
  group: z.string(),
  topic: z.string(),
  partition: z.int(),
  offset: z.int(),
  key: z.string().nullable(),
  eventId: z.string(),
  type: z.string().nullable(),
  state: z.enum(['failed', 'due', 'waiting']),
  error: z.string().nullable(),
  message: z.string().nullable(),
  failure: z.string().nullable(),
  attempts: z.int(),
  parkedAt: z.iso.datetime(),
  firstFailedAt: z.iso.datetime().nullable(),
  lastFailedAt: z.iso.datetime().nullable(),
});

export const deadLetters = pageOf(deadLetterSummary);

export const deadLetter = deadLetterSummary.extend({
  timestamp: z.iso.datetime(),
  cause: z.string().nullable(),
  stack: z.string().nullable(),
  headers: z.array(z.object({ name: z.string(), value: z.string() })),
  valueBase64: z.string().nullable(),
  value: z.union([
    z.object({ recordName: z.string(), schemaId: z.int(), record: z.unknown() }),
    z.object({ undecodable: z.string() }),
  ]),
});

/** forgotten: false when there was nothing to forget (any more). */
export const customerForgotten = z.object({ customerId: z.string(), forgotten: z.boolean() });

export const redriven = z.object({
  dryRun: z.boolean(),
  redriven: z.int(),
  following: z.int(),
  due: z.int(),
  waiting: z.int(),
  idleGroups: z.array(z.string()),
});

export const discarded = z.object({ dryRun: z.boolean(), discarded: z.int() });

const generation = z.object({
  number: z.int(),
  version: z.int(),
  storage: z.string(),
  createdAt: z.iso.datetime(),
  /** null while nothing has been written. */
  position: z.string().nullable(),
  /** Share of the log that it has got to. */
  reached: z.number().min(0).max(1),
  /** The process that writes it; null while none does. */
  owner: z.string().nullable(),
});

/** What a comparison of two generations counts: `missing` the serving one alone has, `extra` the new one alone. */
const comparisonCounts = z.object({
  position: z.string(),
  documents: z.object({ serving: z.int(), built: z.int() }),
  equal: z.int(),
  missing: z.int(),
  extra: z.int(),
  changed: z.int(),
  unjudged: z.int(),
});

const comparedDocument = z.object({ position: z.string(), digest: z.string(), doc: z.unknown() }).nullable();
const comparedValue = z.union([z.string(), z.number(), z.boolean(), z.null()]).optional();

const comparison = comparisonCounts.extend({
  /** The first ones. */
  differences: z.array(
    z.object({
      id: z.string(),
      is: z.enum(['missing', 'extra', 'changed']),
      paths: z.array(z.object({ path: z.string(), serving: comparedValue, built: comparedValue })),
      serving: comparedDocument,
      built: comparedDocument,
    }),
  ),
});

export const rebuildSwitches = z.enum(['when-equal', 'on-command']);

const projectionWith = <Compared extends z.ZodType>(compared: Compared) =>
  z.object({
    name: z.string(),
    /** That this process knows. */
    version: z.int(),
    phase: z.enum(['unbuilt', 'replaying', 'catching-up', 'comparing', 'waiting', 'failed', 'serving']),
    serving: generation.nullable(),
    former: z.array(generation),
    build: generation
      .extend({
        phase: z.enum(['replaying', 'catching-up', 'comparing', 'waiting', 'failed']),
        switch: rebuildSwitches,
        /** An operator has said `switch`. */
        switchNow: z.boolean(),
        parallel: z.int(),
        /** Counts the starts after a failure. */
        attempt: z.int(),
        progress: z.object({
          fraction: z.number().min(0).max(1),
          events: z.int(),
          eventsPerSecond: z.number(),
          remainingSeconds: z.number().nullable(),
          position: z.string().nullable(),
          documents: z.int(),
          updatedAt: z.iso.datetime(),
        }),
        comparison: compared.nullable(),
        failure: z
          .object({
            message: z.string(),
            eventId: z.string(),
            type: z.string(),
            stream: z.string(),
            revision: z.int(),
            position: z.string(),
            documentId: z.string().nullable(),
          })
          .nullable(),
      })
      .nullable(),
    /** Of the last build that was compared. */
    comparison: compared.nullable(),
  });

export const projection = projectionWith(comparison);

export const projections = z.object({
  items: z.array(projectionWith(comparisonCounts)),
  /** The processes that keep views. */
  processes: z.array(z.object({ owner: z.string(), projections: z.array(z.string()) })),
  /** The position of the last event. */
  head: z.string().nullable(),
});

/** What else it tells is for people, and changes. */
export const health = z.looseObject({ status: z.string() });
