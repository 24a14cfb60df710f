import { type InventoryEvent } from '../../domains/inventory/contract.js';
import {
  notificationCategory,
  type NotificationEvent,
  notificationEvents,
} from '../../domains/notification/contract.js';
import { templateOf, type ToldEvent } from '../../domains/notification/model/letters.js';
import { type FulfilmentEvent, type OrderEvent, type OrderLine } from '../../domains/order/contract.js';
import { fulfilment, type FulfilmentCommand } from '../../domains/order/model/fulfilment.process.js';
import { order, type OrderCommand } from '../../domains/order/model/order.decider.js';
import { type PaymentEvent } from '../../domains/payment/contract.js';
import { payment, type PaymentCommand } from '../../domains/payment/model/payment.decider.js';
import { type ShipmentEvent, shipping } from '../../domains/shipping/contract.js';
import { type ShippingCommand } from '../../domains/shipping/model/shipping.decider.js';
import { derivedId } from '../../execution/derived-id.js';
import { type Aggregate, type DomainEvent } from '../../kernel/decider.js';
import { type Instant } from '../../kernel/envelope.js';
import { streamOf } from '../../kernel/ids.js';
import { sum } from '../../kernel/money.js';
import { isRejection } from '../../kernel/rejection.js';
import { type Sealed } from '../../kernel/sealed.js';
import { type Append, type Cause, type Pen } from './pen.js';
import { type Random } from './random.js';
import { type Shop } from './shop.js';

const customers = 50_000;
const reservationTtlMs = 900_000;
const authorisationTimeoutMs = 30_000;
/** Of those that could. */
const share = { declined: 0.04, cancelled: 0.03, returned: 0.04 };

const approved = 'tok_approve';
const declined = 'tok_decline_insufficient_funds';
const contactLetters = 90;
const addressLetters = 180;

const processOfOrders = fulfilment({ reservationTtlMs, authorisationTimeoutMs });

type Fact = OrderEvent | FulfilmentEvent | PaymentEvent | InventoryEvent | ShipmentEvent;
type Reaction = () => Append | undefined;
/** Nothing happens before the carrier, or the customer, gets round to it. */
export type Waits = 'waits';

export interface OrderPorts {
  readonly pen: Pen;
  readonly random: Random;
  readonly shop: Shop;
}

/**
 * One order from its placing to its end, one append at a time. The aggregates decide what is written; who hears of
 * what is as in the services.
 */
export class OrderLife {
  private readonly due: (Reaction | Waits)[] = [];
  private readonly orderId: string;
  private readonly paymentId: string;
  private readonly customerId: string;
  private readonly streams;
  private lines: readonly OrderLine[] = [];

  constructor(private readonly ports: OrderPorts) {
    const { random } = ports;
    this.orderId = random.uuid();
    this.paymentId = `pay-${this.orderId}`;
    this.customerId = `customer-${random.below(customers)}`;
    this.streams = {
      order: new StreamInMemory(order, this.orderId),
      fulfilment: new StreamInMemory(processOfOrders, this.orderId),
      payment: new StreamInMemory(payment, this.paymentId),
      shipping: new StreamInMemory(shipping, this.orderId),
    };
    this.due.push(() => this.place());
  }

  /** undefined when nothing more will happen. */
  next(): Append | Waits | undefined {
    for (;;) {
      const due = this.due.shift();
      if (due === undefined || due === 'waits') return due;
      const append = due();
      if (append !== undefined) return append;
    }
  }

  private place(): Append | undefined {
    const { random, pen, shop } = this.ports;
    const { orderId, customerId, paymentId } = this;
    this.lines = shop.basket();
    const offers = new Map(this.lines.map(({ sku, name, unitPrice: price }) => [sku, { sku, name, price }]));
    const paymentMethod = random.chance(share.declined) ? declined : approved;
    const personal = {
      contact: sealed(random, contactLetters),
      shippingAddress: sealed(random, addressLetters),
    };
    const goods = {
      orderId,
      customerId,
      cartId: null,
      items: unitsOf(this.lines),
      offers,
      paymentMethod,
      paymentId,
    };
    return this.order({ do: 'place', ...goods, at: pen.now(), ...personal }, 'api');
  }

  /** Whoever hears of it does something about it. */
  private heard(fact: Fact, cause: Cause): void {
    if (isMailed(fact)) this.due.push(() => this.mail(fact, cause));
    this.due.push(...this.reactionsTo(fact, cause));
  }

  private reactionsTo({ type, data }: Fact, cause: Cause): readonly (Reaction | Waits)[] {
    const { orderId, paymentId, customerId } = this;
    const { random, pen } = this.ports;
    switch (type) {
      case 'OrderPlaced': {
        const expiresAt = pen.later(reservationTtlMs);
        return [() => this.fulfil({ do: 'start', order: data, expiresAt }, cause)];
      }
      case 'OrderConfirmed': {
        const shippingAddress = sealed(random, addressLetters);
        const plan = { orderId, customerId, lines: unitsOf(this.lines), shippingAddress };
        return [() => this.ship({ do: 'plan', ...plan }, 'shipping', cause)];
      }
      case 'OrderCancellationRequested':
        return [
          () => this.fulfil({ do: 'cancel', reason: data.reason }, cause),
          () => this.ship({ do: 'stop', orderId }, 'shipping', cause),
        ];
      case 'OrderDelivered':
        return random.chance(share.returned) ? ['waits', () => this.sendBack(), () => this.refund()] : [];
      case 'ReservationRequested':
        return data.lines.map((line) => () => this.reserve(line, data.expiresAt, cause));
      case 'AuthorisationRequested': {
        const { amount, method } = data;
        return [() => this.pay({ do: 'request', paymentId, orderId, customerId, amount, method }, cause)];
      }
      case 'ConfirmationRequested':
        return [() => this.order({ do: 'confirm', orderId }, 'order', cause)];
      case 'StockCommitRequested': {
        const { shipmentId, lines } = data;
        return lines.map((line) => () => {
          return this.stock({ type: 'StockCommitted', data: { ...this.held(line), shipmentId } }, cause);
        });
      }
      case 'CaptureRequested':
        return [() => this.pay({ do: 'capture', paymentId, amount: data.amount }, cause)];
      case 'ShipmentRecordRequested': {
        const { shipmentId, lines } = data;
        return [() => this.order({ do: 'ship', orderId, shipmentId, lines }, 'order', cause)];
      }
      case 'DeliveryRecordRequested':
        return [() => this.order({ do: 'deliver', orderId }, 'order', cause)];
      case 'ReleaseRequested': {
        const released = this.lines.filter(({ sku }) => sku === data.sku);
        return released.map(
          (line) => () => this.stock({ type: 'StockReleased', data: this.held(line) }, cause),
        );
      }
      case 'PaymentReturnRequested':
        return [() => this.pay({ do: 'void', paymentId }, cause)];
      case 'FulfilmentUndone': {
        const { outcome, reason } = data;
        const end = outcome === 'cancelled' ? 'cancel' : 'reject';
        return [() => this.order({ do: end, orderId, reason }, 'order', cause)];
      }
      case 'PaymentRequested':
        return [() => this.answer(data.method, cause)];
      case 'PaymentAuthorised':
        return [() => this.fulfil({ do: 'noteAuthorised', paymentId }, cause)];
      case 'PaymentDeclined': {
        const { code, detail } = data;
        return [() => this.fulfil({ do: 'noteDeclined', paymentId, code, detail }, cause)];
      }
      case 'PaymentVoided':
        return [() => this.fulfil({ do: 'noteVoided', paymentId }, cause)];
      case 'StockReserved': {
        const timesOutAt = pen.later(authorisationTimeoutMs);
        return [() => this.fulfil({ do: 'noteReserved', sku: data.sku, timesOutAt }, cause)];
      }
      case 'StockReservationRefused': {
        const { sku, quantity: asked, available } = data;
        const { shop } = this.ports;
        return [
          () => this.fulfil({ do: 'noteRefused', sku, asked, available }, cause),
          () => shop.deliver(sku),
        ];
      }
      case 'StockReleased':
        return [() => this.fulfil({ do: 'noteReleased', sku: data.sku }, cause)];
      case 'ShipmentCreated':
        return ['waits', () => this.collect(data.shipmentId, cause)];
      case 'ShipmentDispatched': {
        const { shipmentId, lines } = data;
        return [
          () => this.fulfil({ do: 'noteDispatched', shipmentId, lines }, cause),
          'waits',
          () => this.ship({ do: 'deliver', orderId, shipmentId }, 'carrier', cause),
        ];
      }
      case 'ShipmentDelivered':
        return [() => this.fulfil({ do: 'noteDelivered' }, cause)];
      case 'ShippingStopped':
        return [() => this.fulfil({ do: 'noteShippingStopped' }, cause)];
      default:
        return [];
    }
  }

  private reserve(line: Units, expiresAt: Instant, cause: Cause): Append {
    const available = this.ports.shop.availableOf(line.sku);
    const held = this.held(line);
    return line.quantity <= available
      ? this.stock({ type: 'StockReserved', data: { ...held, expiresAt } }, cause)
      : this.stock({ type: 'StockReservationRefused', data: { ...held, available } }, cause);
  }

  private held({ sku, quantity }: Units) {
    const { orderId } = this;
    return { sku, reservationId: orderId, orderId, quantity };
  }

  /** Of the gateway. */
  private answer(method: string, cause: Cause): Append | undefined {
    const { paymentId } = this;
    const answer: PaymentCommand =
      method === approved
        ? { do: 'recordApproval', paymentId, authorisationId: `auth-${this.ports.random.uuid().slice(-12)}` }
        : {
            ...{ do: 'recordDecline', paymentId, code: 'INSUFFICIENT_FUNDS' },
            detail: 'The account does not cover the amount.',
          };
    return this.pay(answer, cause);
  }

  /** Unless the customer thinks better of it in the last moment. */
  private collect(shipmentId: string, cause: Cause): Append | undefined {
    const { orderId } = this;
    const { random } = this.ports;
    if (random.chance(share.cancelled)) {
      const reason = { code: 'CANCELLED_BY_CUSTOMER', detail: 'The customer cancelled the order.' };
      return this.order({ do: 'requestCancellation', orderId, reason }, 'api');
    }
    const trackingNumber = `SIM-${random.uuid().slice(-12).toUpperCase()}`;
    return this.ship({ do: 'dispatch', orderId, shipmentId, trackingNumber }, 'carrier', cause);
  }

  private sendBack(): Append | undefined {
    return this.order({ do: 'return', orderId: this.orderId, reason: 'It does not fit.' }, 'api');
  }

  private refund(): Append | undefined {
    const { paymentId } = this;
    const amount = sum(
      this.lines.map(({ lineTotal }) => lineTotal),
      this.lines[0]?.lineTotal.currency ?? '',
    );
    const refundId = `refund-${this.ports.random.uuid()}`;
    return this.pay({ do: 'refund', paymentId, refundId, amount, reason: 'It does not fit.' });
  }

  private mail({ type, data: { orderId } }: ToldEvent, cause: Cause): Append {
    const notificationId = derivedId(orderId, templateOf[type], cause.id);
    const { customerId } = this;
    const letter = { notificationId, orderId, customerId, template: templateOf[type] };
    const sent: NotificationEvent = {
      type: 'NotificationSent',
      data: { ...letter, aboutEventId: cause.id, attempt: 1 },
    };
    const stream = streamOf(notificationCategory, notificationId);
    const writing = { stream, after: -1, facts: [sent], versions: notificationEvents };
    return this.ports.pen.write({ ...writing, actor: 'notification', cause });
  }

  private stock(fact: InventoryEvent, cause: Cause): Append {
    return this.told([fact], this.ports.shop.write(fact, 'inventory', cause));
  }

  private order(command: OrderCommand, actor: string, cause?: Cause): Append | undefined {
    return this.carriedOut(this.streams.order, command, actor, cause);
  }

  private fulfil(command: FulfilmentCommand, cause: Cause): Append | undefined {
    return this.carriedOut(this.streams.fulfilment, command, 'fulfilment', cause);
  }

  /** Without a cause by a request from outside. */
  private pay(command: PaymentCommand, cause?: Cause): Append | undefined {
    return this.carriedOut(this.streams.payment, command, cause === undefined ? 'api' : 'payment', cause);
  }

  private ship(command: ShippingCommand, actor: string, cause: Cause): Append | undefined {
    return this.carriedOut(this.streams.shipping, command, actor, cause);
  }

  private carriedOut<Command, Event extends Fact, State>(
    stream: StreamInMemory<Command, Event, State>,
    command: Command,
    actor: string,
    cause?: Cause,
  ): Append | undefined {
    const facts = stream.decide(command);
    return facts.length === 0
      ? undefined
      : this.told(facts, stream.write(facts, this.ports.pen, actor, cause));
  }

  private told(facts: readonly Fact[], append: Append): Append {
    for (const [index, { id, metadata }] of append.events.entries()) {
      const fact = facts[index];
      if (fact !== undefined) this.heard(fact, { id, correlationId: metadata.correlationId });
    }
    return append;
  }
}

interface Units {
  readonly sku: string;
  readonly quantity: number;
}

const unitsOf = (lines: readonly Units[]): readonly Units[] =>
  lines.map(({ sku, quantity }) => ({ sku, quantity }));

const isMailed = (fact: Fact): fact is ToldEvent => Object.hasOwn(templateOf, fact.type);

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** As long as the real one. There is no key for it: the customers are those who have been forgotten. */
const sealed = (random: Random, length: number): Sealed => {
  let text = 'v1.';
  for (let index = 0; index < length; index += 5) {
    const bits = random.next();
    for (let shift = 0; shift < 30; shift += 6) text += letters.charAt((bits >>> shift) & 63);
  }
  return text as Sealed;
};

/** One stream of the order, as its aggregate decides it. */
class StreamInMemory<Command, Event extends DomainEvent, State> {
  private state: State;
  private revision = -1;

  constructor(
    private readonly aggregate: Aggregate<Command, Event, State>,
    private readonly id: string,
  ) {
    this.state = aggregate.decider.initial;
  }

  /** @throws Error when the command is refused: no such thing happens in this history. */
  decide(command: Command): readonly Event[] {
    const facts = this.aggregate.decider.decide(command, this.state);
    if (isRejection(facts)) throw new Error(`${this.id}: ${facts.detail}`);
    return facts;
  }

  write(facts: readonly Event[], pen: Pen, actor: string, cause: Cause | undefined): Append {
    const { category, events: versions, decider } = this.aggregate;
    const { revision: after } = this;
    this.state = facts.reduce((state, fact) => decider.evolve(state, fact), this.state);
    this.revision += facts.length;
    return pen.write({ stream: streamOf(category, this.id), after, facts, versions, actor, cause });
  }
}
