import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { smtpServer } from '../../adapters/smtp/testing/smtp-server.js';
import { type Consumed } from '../../consumers/consumer.js';
import { Correspondence } from '../../domains/notification/correspondence.js';
import { NotificationConsumer } from '../../domains/notification/notification.consumer.js';
import { Notifications } from '../../domains/notification/notification.handlers.js';
import * as contract from '../../http/contract.js';
import { type Mailer, MailRefused } from '../../ports/mailer.js';
import { type HttpClient, read } from './http-client.js';
import { Site } from './program.js';
import { Shop } from './shop.js';
import { allEvents } from './stored.js';
import { until } from '../until.js';

const contact = { name: 'Ann Example', email: 'ann@example.test' };

/** Every event of the order is shown to a consumer in a process of its own, more than once. */
const tell = async (site: Site, orderId: string, mailer?: Mailer): Promise<void> => {
  const engine = await site.platform();
  const service = new Notifications(engine.eventStore, { now: () => new Date().toISOString() });
  const correspondence = new Correspondence(engine.eventStore, engine.keys, mailer ?? engine.outbox);
  const [consumer] = new NotificationConsumer(service, correspondence).consumers();
  const told = (await allEvents(engine.eventStore)).filter(
    ({ type, data }) =>
      'orderId' in data &&
      data.orderId === orderId &&
      (consumer?.handles as readonly string[]).includes(type),
  );
  for (const event of [...told, ...told]) {
    await consumer?.handle(event as unknown as Consumed, new AbortController().signal);
  }
  await engine.close();
};

describe('Notifications', () => {
  let site: Site;
  let http: HttpClient;
  let shop: Shop;

  beforeAll(async () => {
    site = await Site.open();
    http = (await site.start({ CONSISTENCY_TIMEOUT_MS: Site.patienceMs })).http;
    shop = new Shop(http);
    await shop.stocked('MUG', 100);
  });

  afterAll(() => site.clean());

  const list = (orderId: string, more = '', headers = {}) =>
    http.get(`/api/notifications?orderId=${orderId}${more}`, headers);
  const notifications = async (orderId: string) =>
    read(contract.notifications, await list(orderId), 200).items;

  const ended = async (personal: object, quantity = 1): Promise<string> => {
    const { orderId } = await shop.place({ MUG: quantity }, personal);
    await shop.ended(orderId);
    await tell(site, orderId);
    return orderId;
  };

  const untilSeen = (orderId: string, count: number) =>
    until(`${count} notifications of order ${orderId}`, async () => {
      const items = await notifications(orderId);
      return items.length >= count ? items : undefined;
    });

  it('of an order are listed in time order, each once, with the mail that was sent', async () => {
    const orderId = await ended({ contact });
    const items = await untilSeen(orderId, 2);
    const timeline = await shop.timeline(orderId);
    const about = (type: string) => timeline.find((entry) => entry.type === type)?.eventId;
    expect(items).toStrictEqual(
      [
        ['order-placed', 'OrderPlaced', `We have received your order ${orderId}`],
        ['order-confirmed', 'OrderConfirmed', `Your order ${orderId} is confirmed`],
      ].map(([template = '', type = '', subject]) => ({
        notificationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        orderId,
        template,
        status: 'sent',
        attempt: 1,
        aboutEventId: about(type),
        at: expect.any(String),
        failure: null,
        mail: { to: contact, subject, text: expect.stringContaining('1 × Item MUG: 19.99 EUR') },
        revision: 0,
      })),
    );

    const first = read(contract.notifications, await list(orderId, '&limit=1'), 200);
    const second = read(
      contract.notifications,
      await list(orderId, `&limit=1&cursor=${encodeURIComponent(first.nextCursor ?? '')}`),
      200,
    );
    expect([...first.items, ...second.items]).toStrictEqual(items);
    expect(second.nextCursor).toBeNull();
  });

  it('that nobody could be told of say why', async () => {
    const orderId = await ended({});
    const items = await untilSeen(orderId, 2);
    expect(items.map(({ status, failure, mail }) => ({ status, failure, mail }))).toStrictEqual(
      items.map(() => ({
        status: 'failed',
        failure: { code: 'NO_CONTACT', detail: `Order ${orderId} names no contact.` },
        mail: null,
      })),
    );
    const refused = await http.post(`/api/notifications/${items[0]?.notificationId ?? ''}/resend`, {});
    expect(read(contract.problem, refused, 409).code).toBe('NO_CONTACT');
  });

  it('are sent again when an operator asks, once per key', async () => {
    const orderId = await ended({ contact });
    const [, confirmed] = await untilSeen(orderId, 2);
    if (confirmed === undefined) throw new Error('There are two.');
    const path = `/api/notifications/${confirmed.notificationId}/resend`;
    const key = { 'idempotency-key': 'again-1' };
    const replies = [await http.post(path, {}, key), await http.post(path, {}, key), await http.post(path)];
    const { mail: _, at: __, ...told } = confirmed;
    expect(replies.map((reply) => read(contract.resentNotification, reply, 200))).toStrictEqual([
      { ...told, attempt: 2, revision: 1 },
      { ...told, attempt: 2, revision: 1 },
      { ...told, attempt: 3, revision: 2 },
    ]);
    const token = String(replies[2]?.headers['consistency-token']);
    const after = read(contract.notifications, await list(orderId, '', { 'consistency-token': token }), 200);
    expect(after.items.map(({ template, attempt }) => ({ template, attempt }))).toStrictEqual([
      { template: 'order-placed', attempt: 1 },
      { template: 'order-confirmed', attempt: 3 },
    ]);
    expect(after.items[1]?.mail).toStrictEqual(confirmed.mail);

    const stale = await http.post(path, {}, { 'if-match': '"0"' });
    expect(read(contract.problem, stale, 412).code).toBe('REVISION_MISMATCH');
    const none = await http.post('/api/notifications/none/resend', {});
    expect(read(contract.problem, none, 404).code).toBe('NOTIFICATION_NOT_FOUND');
  });

  it('are asked for by order', async () => {
    expect(read(contract.problem, await http.get('/api/notifications'), 400).errors).toMatchObject([
      { path: 'orderId' },
    ]);
    expect((await list('unknown')).body).toStrictEqual({ items: [], nextCursor: null });
  });
});

describe('Notifications by SMTP', () => {
  it('leave by the mail server, and what it answers shows without anybody named', async () => {
    const server = await smtpServer();
    const site = await Site.open();
    try {
      // Without the role process: nobody but this spec consumes.
      const program = await site.start({
        ROLES: 'api,projector',
        SMTP_URL: server.url,
        MAIL_FROM: 'Shop <mail@shop.example>',
        CONSISTENCY_TIMEOUT_MS: Site.patienceMs,
      });
      const { http } = program;
      const shop = new Shop(http);
      const { orderId } = await shop.place({ [await shop.stocked('MUG', 10)]: 1 }, { contact });
      const refusing: Mailer = {
        send: () => Promise.reject(new MailRefused('SMTP_550', 'refused')),
        sent: () => Promise.resolve([]),
      };
      await tell(site, orderId, refusing);
      const seen = async (headers = {}) =>
        read(
          contract.notifications,
          await http.get(`/api/notifications?orderId=${orderId}`, headers),
          200,
        ).items.map(({ status, attempt, failure, mail }) => ({ status, attempt, failure, mail }));
      await until('the notification', async () => ((await seen()).length > 0 ? true : undefined));
      expect(await seen()).toStrictEqual([
        { status: 'failed', attempt: 1, failure: { code: 'SMTP_550', detail: 'refused' }, mail: null },
      ]);

      const { items } = read(
        contract.notifications,
        await http.get(`/api/notifications?orderId=${orderId}`),
        200,
      );
      const id = items[0]?.notificationId ?? '';
      const resend = (key: string) =>
        http.post(`/api/notifications/${id}/resend`, {}, { 'idempotency-key': key });
      server.answers['RCPT TO'] = `451 4.3.0 ${contact.email} later`;
      const later = await resend('key-1');
      expect(read(contract.problem, later, 503).code).toBe('MAIL_UNAVAILABLE');
      expect(Number(later.headers['retry-after'])).toBeGreaterThan(0);

      delete server.answers['RCPT TO'];
      expect(read(contract.resentNotification, await resend('key-1'), 200)).toMatchObject({
        status: 'sent',
        attempt: 2,
      });
      read(contract.resentNotification, await resend('key-1'), 200);
      expect(server.received.map(({ from, to }) => ({ from, to }))).toStrictEqual([
        { from: '<mail@shop.example>', to: [`<${contact.email}>`] },
      ]);
      expect(server.received[0]?.data).toContain(`Message-ID: <${id}/2@shop.example>`);

      server.answers['RCPT TO'] = `550 5.1.1 ${contact.email} is unknown`;
      const refused = await resend('key-2');
      const failure = {
        code: 'SMTP_550',
        detail: 'The mail server refused the recipient for good (550 5.1.1).',
      };
      expect(read(contract.resentNotification, refused, 200)).toMatchObject({ status: 'failed', failure });
      const token = { 'consistency-token': String(refused.headers['consistency-token']) };
      expect(await seen(token)).toStrictEqual([{ status: 'failed', attempt: 3, failure, mail: null }]);
      expect(program.output).not.toContain(contact.email);
    } finally {
      await site.clean();
      await server.close();
    }
  });
});
