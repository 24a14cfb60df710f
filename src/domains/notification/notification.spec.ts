import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../../adapters/embedded/index.js';
import { type Consumed } from '../../consumers/consumer.js';
import { derivedId } from '../../execution/derived-id.js';
import { type DomainEvent } from '../../kernel/decider.js';
import { type RecordedEvent } from '../../kernel/envelope.js';
import { money } from '../../kernel/money.js';
import { type Sealed } from '../../kernel/sealed.js';
import { type Mail, type Mailer, MailRefused, MailUnavailable } from '../../ports/mailer.js';
import { sampleEvent } from '../../testing/sample-events.js';
import { contactOf, type OrderEvent, orderEvents } from '../order/contract.js';
import { type PaymentEvent } from '../payment/contract.js';
import { type ShipmentEvent } from '../shipping/contract.js';
import { Correspondence } from './correspondence.js';
import { NotificationConsumer } from './notification.consumer.js';
import { Notifications, ResendNotification, ResendNotificationHandler } from './notification.handlers.js';

const orderId = 'o-1';
const customerId = 'ann';
const contact = { name: 'Ann Example', email: 'ann@example.test' };
const now = '2026-01-02T03:04:05.678Z';
const price = money(450, 'EUR');
const lines = [{ sku: 'TEA', name: 'Tea', quantity: 1, unitPrice: price, lineTotal: price }];
const { signal } = new AbortController();

describe('the notification service', () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;
  let mailer: Mailer;
  let recorded: Map<string, RecordedEvent>;
  let events = 0;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'notification-'));
    engine = openEmbedded({ dataDir });
    mailer = engine.outbox;
    recorded = new Map();
  });

  afterEach(async () => {
    await engine.close();
    await rm(dataDir, { recursive: true });
  });

  const sendBy = (send: Mailer['send']) => {
    mailer = { send, sent: () => Promise.resolve([]) };
  };

  /** A process that has just begun. */
  const service = () => {
    const notifications = new Notifications(engine.eventStore, { now: () => now });
    const passing: Mailer = {
      send: (mail) => mailer.send(mail),
      sent: (ids) => mailer.sent(ids),
    };
    const correspondence = new Correspondence(engine.eventStore, engine.keys, passing);
    const [consumer] = new NotificationConsumer(notifications, correspondence).consumers();
    if (consumer === undefined) throw new Error('There is one.');
    const resending = new ResendNotificationHandler(notifications, correspondence);
    const resend = (notificationId: string, commandId: string, more = {}) =>
      resending.execute(
        new ResendNotification(notificationId, {
          commandId,
          correlationId: 'c',
          causationId: 'c',
          actor: 'operator',
          ...more,
        }),
      );
    return { consumer, resend };
  };

  const fact = async (stream: string, event: DomainEvent): Promise<RecordedEvent> => {
    const version = event.type === 'OrderPlaced' ? orderEvents.OrderPlaced.current : 1;
    const { type, data } = event;
    const appended = { ...sampleEvent(`event-${(events += 1)}`, { type }), version, data };
    await engine.eventStore.append(stream, 'any', [appended]);
    const [last] = await engine.eventStore.readStream(stream, { direction: 'backwards', limit: 1 });
    if (last === undefined) throw new Error('It was not appended.');
    recorded.set(last.type, last);
    return last;
  };
  const ofOrder = (event: OrderEvent) => fact(`order-${orderId}`, event);
  const ofPayment = (event: PaymentEvent) => fact('payment-p', event);
  const ofShipment = (event: ShipmentEvent) => fact(`shipment-${orderId}`, event);

  const sealedContact = () => engine.keys.seal(customerId, contactOf(orderId), JSON.stringify(contact));
  const placed = async (sealed: Sealed | null) =>
    ofOrder({
      type: 'OrderPlaced',
      data: {
        orderId,
        customerId,
        cartId: null,
        lines,
        total: price,
        paymentId: 'p',
        paymentMethod: 'card',
        placedAt: now,
        contact: sealed,
        shippingAddress: null,
      },
    });

  /** As the event comes from its topic. */
  const consumed = ({ id, type, stream, revision, position, metadata }: RecordedEvent): Consumed =>
    ({ id, type, stream, revision, position, metadata, data: { orderId } }) as unknown as Consumed;
  const idOf = ({ id }: RecordedEvent, template: string) => derivedId(orderId, template, id);
  const facts = async (notificationId: string) =>
    (await engine.eventStore.readStream(`notification-${notificationId}`)).map(
      ({ type, data, metadata }) => ({
        type,
        data,
        cause: metadata.causationId,
        correlation: metadata.correlationId,
        actor: metadata.actor,
      }),
    );
  const told = (about: RecordedEvent, template: string, attempt = 1) => ({
    notificationId: idOf(about, template),
    orderId,
    customerId,
    template,
    aboutEventId: about.id,
    attempt,
  });
  const automatic = (about: RecordedEvent) => ({
    cause: about.id,
    correlation: about.metadata.correlationId,
    actor: 'notification',
  });
  const byOperator = { cause: 'c', correlation: 'c', actor: 'operator' };

  it('tells of each event once, however often it comes, also to another process', async () => {
    const sealed = await sealedContact();
    await placed(sealed);
    await ofOrder({ type: 'OrderConfirmed', data: { orderId } });
    await ofShipment({
      type: 'ShipmentDispatched',
      data: { orderId, shipmentId: 'o-1.1', lines, trackingNumber: 'TRACK-1', complete: true },
    });
    await ofOrder({ type: 'OrderShipped', data: { orderId, shipmentId: 'o-1.1', lines, complete: true } });
    await ofOrder({ type: 'OrderDelivered', data: { orderId } });
    await ofOrder({ type: 'OrderRejected', data: { orderId, reason: { code: 'X', detail: 'x' } } });
    await ofPayment({ type: 'PaymentDeclined', data: { paymentId: 'p', orderId, code: 'X', detail: 'x' } });
    await ofPayment({
      type: 'PaymentRefunded',
      data: { paymentId: 'p', orderId, refundId: 'r', amount: price, reason: null },
    });
    const mails: Mail[] = [];
    sendBy((mail) => Promise.resolve(void mails.push(mail)));

    const { consumer } = service();
    expect({ ...consumer, handle: undefined }).toStrictEqual({
      group: 'notification',
      topics: ['commerce.order.events', 'commerce.payment.events'],
      handles: [
        'OrderPlaced',
        'OrderConfirmed',
        'OrderRejected',
        'OrderShipped',
        'OrderDelivered',
        'PaymentDeclined',
        'PaymentRefunded',
      ],
      handle: undefined,
    });
    const all = consumer.handles.map((type) => {
      const event = recorded.get(type);
      if (event === undefined) throw new Error(`There is no ${type}.`);
      return event;
    });
    for (const each of [consumer, consumer, service().consumer]) {
      for (const event of all) await each.handle(consumed(event), signal);
    }
    const templates = [
      'order-placed',
      'order-confirmed',
      'order-rejected',
      'order-shipped',
      'order-delivered',
      'payment-declined',
      'payment-refunded',
    ];
    for (const [index, event] of all.entries()) {
      const template = templates[index] ?? '';
      expect(await facts(idOf(event, template))).toStrictEqual([
        { type: 'NotificationSent', data: told(event, template), ...automatic(event) },
      ]);
    }
    expect(mails.map(({ id, to, customerId: customer }) => ({ id, to, customer }))).toStrictEqual(
      all.map((event, index) => ({
        id: `${idOf(event, templates[index] ?? '')}/1`,
        to: contact,
        customer: customerId,
      })),
    );
    expect(mails.map(({ text }) => text.startsWith('Hello Ann Example,'))).toStrictEqual(
      mails.map(() => true),
    );
    expect(mails[3]?.text).toContain('Tracking number: TRACK-1');
  });

  it('records what nobody can be told of, and does not try again', async () => {
    const event = await placed(null);
    const { consumer } = service();
    await consumer.handle(consumed(event), signal);
    await consumer.handle(consumed(event), signal);
    expect(await facts(idOf(event, 'order-placed'))).toStrictEqual([
      {
        type: 'NotificationFailed',
        data: {
          ...told(event, 'order-placed'),
          code: 'NO_CONTACT',
          detail: 'Order o-1 names no contact.',
        },
        ...automatic(event),
      },
    ]);
  });

  it('records that the contact has been forgotten', async () => {
    const event = await placed(await sealedContact());
    await engine.keys.forget(customerId);
    await service().consumer.handle(consumed(event), signal);
    expect(await facts(idOf(event, 'order-placed'))).toMatchObject([
      {
        type: 'NotificationFailed',
        data: {
          code: 'CONTACT_FORGOTTEN',
          detail: 'The personal data of customer ann has been forgotten.',
        },
      },
    ]);
  });

  it('records what the mail server refuses for good', async () => {
    const event = await placed(await sealedContact());
    sendBy(() => Promise.reject(new MailRefused('SMTP_550', 'refused')));
    const { consumer } = service();
    await consumer.handle(consumed(event), signal);
    mailer = engine.outbox;
    await consumer.handle(consumed(event), signal);
    expect(await facts(idOf(event, 'order-placed'))).toMatchObject([
      { type: 'NotificationFailed', data: { code: 'SMTP_550', detail: 'refused' } },
    ]);
  });

  it('records nothing while mail cannot be sent, and sends it later', async () => {
    const event = await placed(await sealedContact());
    const fault = new MailUnavailable('no server');
    sendBy(() => Promise.reject(fault));
    const { consumer } = service();
    await expect(consumer.handle(consumed(event), signal)).rejects.toThrow(fault);
    expect(await facts(idOf(event, 'order-placed'))).toStrictEqual([]);
    mailer = engine.outbox;
    await consumer.handle(consumed(event), signal);
    expect(await facts(idOf(event, 'order-placed'))).toHaveLength(1);
  });

  it('sends the same mail again when it could not record that it was sent', async () => {
    const event = await placed(await sealedContact());
    const ids: string[] = [];
    sendBy(async (mail) => {
      ids.push(mail.id);
      await engine.outbox.send(mail);
      if (ids.length === 1) throw new Error('The process ends here.');
    });
    await expect(service().consumer.handle(consumed(event), signal)).rejects.toThrow('ends here');
    await service().consumer.handle(consumed(event), signal);
    const id = `${idOf(event, 'order-placed')}/1`;
    expect(ids).toStrictEqual([id, id]);
    expect(await engine.outbox.sent([id])).toHaveLength(1);
    expect(await facts(idOf(event, 'order-placed'))).toHaveLength(1);
  });

  it('does not take an event for told that it cannot find', async () => {
    const event = await placed(await sealedContact());
    const { consumer } = service();
    await expect(consumer.handle({ ...consumed(event), id: 'foreign' }, signal)).rejects.toThrow(
      'Event foreign is none of order o-1',
    );
    const elsewhere = { ...consumed(event), data: { orderId: 'o-2' } } as unknown as Consumed;
    await expect(consumer.handle(elsewhere, signal)).rejects.toThrow('There is no order o-2');
  });

  describe('sends again', () => {
    const first = async () => {
      const event = await placed(await sealedContact());
      await service().consumer.handle(consumed(event), signal);
      return { event, id: idOf(event, 'order-placed') };
    };

    it('when an operator asks, once per key, as the next attempt', async () => {
      const { event, id } = await first();
      const again = [await service().resend(id, 'key-1'), await service().resend(id, 'key-1')];
      const { resend } = service();
      again.push(...(await Promise.all([resend(id, 'key-1'), resend(id, 'key-1')])));
      expect(again.map((outcome) => ('events' in outcome ? outcome.events : outcome))).toStrictEqual(
        again.map(() => [{ type: 'NotificationSent', data: told(event, 'order-placed', 2) }]),
      );
      await resend(id, 'key-2');
      expect(await facts(id)).toStrictEqual([
        { type: 'NotificationSent', data: told(event, 'order-placed'), ...automatic(event) },
        { type: 'NotificationSent', data: told(event, 'order-placed', 2), ...byOperator },
        { type: 'NotificationSent', data: told(event, 'order-placed', 3), ...byOperator },
      ]);
      const mails = await engine.outbox.sent([1, 2, 3, 4].map((attempt) => `${id}/${attempt}`));
      expect(mails).toHaveLength(3);
      expect(new Set(mails.map(({ text }) => text)).size).toBe(1);
      // The event that comes once more is still told.
      await service().consumer.handle(consumed(event), signal);
      expect(await facts(id)).toHaveLength(3);
    });

    it('and records when that fails', async () => {
      const { event, id } = await first();
      sendBy(() => Promise.reject(new MailRefused('SMTP_550', 'refused')));
      const data = { ...told(event, 'order-placed', 2), code: 'SMTP_550', detail: 'refused' };
      expect(await service().resend(id, 'key-1')).toMatchObject({
        events: [{ type: 'NotificationFailed', data }],
      });
    });

    it('nothing that is not there, nor to whom nobody can write', async () => {
      expect(await service().resend('none', 'key-1')).toStrictEqual({
        rejected: true,
        code: 'NOTIFICATION_NOT_FOUND',
        detail: 'There is no notification none.',
      });
      const { id } = await first();
      await engine.keys.forget(customerId);
      expect(await service().resend(id, 'key-1')).toStrictEqual({
        rejected: true,
        code: 'CONTACT_FORGOTTEN',
        detail: 'The personal data of customer ann has been forgotten.',
      });
      expect(await facts(id)).toHaveLength(1);
    });

    it('nothing at another revision, and nothing under a key of another request', async () => {
      const { id } = await first();
      const { resend } = service();
      await resend(id, 'key-1', { requestHash: 'one' });
      const count = { sent: 0 };
      sendBy(() => Promise.resolve(void (count.sent += 1)));
      expect(await resend(id, 'key-2', { ifMatch: 0 })).toMatchObject({ code: 'REVISION_MISMATCH' });
      expect(await resend(id, 'key-1', { requestHash: 'two' })).toMatchObject({
        code: 'IDEMPOTENCY_KEY_REUSED',
      });
      expect(count.sent).toBe(0);
      expect(await resend(id, 'key-2', { ifMatch: 1 })).toMatchObject({ revision: 2 });
    });

    it('one attempt only when two operators ask at once', async () => {
      const { id } = await first();
      const arrived: (() => void)[] = [];
      sendBy(
        () =>
          new Promise((resolve) => {
            if (arrived.push(resolve) === 2) for (const goOn of arrived) goOn();
          }),
      );
      const outcomes = await Promise.all([service().resend(id, 'key-1'), service().resend(id, 'key-2')]);
      expect(outcomes.filter((outcome) => 'events' in outcome)).toHaveLength(1);
      expect(outcomes.filter((outcome) => 'code' in outcome)).toMatchObject([{ code: 'RESEND_OVERTAKEN' }]);
      expect(await facts(id)).toHaveLength(2);
    });
  });
});
