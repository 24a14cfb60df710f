import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { EVENT_STORE, KEYS, MAILER } from '../../execution/tokens.js';
import { type DomainEvent, type EventVersions } from '../../kernel/decider.js';
import { type Recorded, upcast } from '../../kernel/envelope.js';
import { streamOf } from '../../kernel/ids.js';
import { type EventStore } from '../../ports/event-store.js';
import { type Keys } from '../../ports/keys.js';
import { type Mailer, MailRefused } from '../../ports/mailer.js';
import { contactOf, orderCategory, type OrderEvent, orderEvents } from '../order/contract.js';
import { paymentCategory, paymentEvents } from '../payment/contract.js';
import { shipmentCategory, shipmentEvents } from '../shipping/contract.js';
import { isTold, letterAbout, mailIdOf, templateOf, type ToldEvent } from './model/letters.js';
import { type NotificationCommand } from './model/notification.decider.js';

/** One attempt to tell a customer of an event. */
export interface Attempt {
  readonly notificationId: string;
  readonly orderId: string;
  readonly aboutEventId: string;
  readonly attempt: number;
}

type OrderPlaced = Extract<OrderEvent, { type: 'OrderPlaced' }>['data'];

const contactSchema = z.object({ name: z.string(), email: z.string() });

const actor = 'notification';

/**
 * Writes to customers. What the letters tell is read from the streams, so that a letter can be written again at any
 * time as it was written first.
 */
@Injectable()
export class Correspondence {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(KEYS) private readonly keys: Keys,
    @Inject(MAILER) private readonly mailer: Mailer,
  ) {}

  /**
   * Sends the mail and says what is to be recorded of it. A customer who cannot be written to is a failure with a
   * code; whatever may go better the next time is thrown.
   */
  async send({ notificationId, orderId, aboutEventId, attempt }: Attempt): Promise<NotificationCommand> {
    const { order, event } = await this.look(orderId, aboutEventId);
    const { customerId } = order;
    const template = templateOf[event.type];
    const facts = { notificationId, orderId, customerId, template, aboutEventId, attempt };
    const failure = (code: string, detail: string): NotificationCommand => ({
      do: 'recordFailure',
      ...facts,
      code,
      detail,
    });

    if (order.contact === null) return failure('NO_CONTACT', `Order ${orderId} names no contact.`);
    const opened = await this.keys.open(customerId, contactOf(orderId), order.contact);
    if (opened === undefined) {
      return failure('CONTACT_FORGOTTEN', `The personal data of customer ${customerId} has been forgotten.`);
    }
    const to = contactSchema.parse(JSON.parse(opened));
    const tracking = event.type === 'OrderShipped' ? await this.trackingNumber(event.data) : null;
    const letter = letterAbout(event, order, to.name, tracking);
    try {
      await this.mailer.send({ id: mailIdOf(facts), customerId, to, ...letter });
    } catch (error) {
      if (!(error instanceof MailRefused)) throw error;
      return failure(error.code, error.message);
    }
    return { do: 'recordSent', ...facts };
  }

  /** The order as it was placed, and the event. */
  private async look(
    orderId: string,
    eventId: string,
  ): Promise<{ readonly order: OrderPlaced; readonly event: ToldEvent }> {
    const events = await this.read(orderEvents, orderCategory, orderId);
    const placed = events.find((each) => each.type === 'OrderPlaced');
    if (placed === undefined) throw new Error(`There is no order ${orderId} in the store to write about.`);
    const { paymentId } = placed.data;
    const event =
      events.find(({ id }) => id === eventId) ??
      (paymentId === null ? [] : await this.read(paymentEvents, paymentCategory, paymentId)).find(
        ({ id }) => id === eventId,
      );
    if (event === undefined || !isTold(event)) {
      throw new Error(
        `Event ${eventId} is none of order ${orderId} or of its payment that customers are told of.`,
      );
    }
    return { order: placed.data, event };
  }

  /** null while shipping knows none. */
  private async trackingNumber({
    orderId,
    shipmentId,
  }: {
    readonly orderId: string;
    readonly shipmentId: string;
  }): Promise<string | null> {
    const events = await this.read(shipmentEvents, shipmentCategory, orderId);
    const dispatched = events
      .filter((event) => event.type === 'ShipmentDispatched')
      .find(({ data }) => data.shipmentId === shipmentId);
    return dispatched?.data.trackingNumber ?? null;
  }

  private async read<Event extends DomainEvent>(
    versions: EventVersions<Event>,
    category: string,
    id: string,
  ): Promise<readonly Recorded<Event>[]> {
    const recorded = await this.store.readStream(streamOf(category, id));
    return recorded.map((event) => upcast(versions, event, actor));
  }
}
