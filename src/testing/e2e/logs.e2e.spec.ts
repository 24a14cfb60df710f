import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { smtpServer } from '../../adapters/smtp/testing/smtp-server.js';
import * as contract from '../../http/contract.js';
import { until } from '../until.js';
import { type HttpClient, read } from './http-client.js';
import { type Program, Site } from './program.js';
import { Shop } from './shop.js';

const contact = { name: 'Wilhelmina Quarterstone', email: 'wilhelmina@quarterstone.example' };
const shippingAddress = {
  line1: '17 Periwinkle Crescent',
  postalCode: 'QX9 7ZZ',
  city: 'Nether Wallopstead',
  country: 'GB',
};
const phone = '+44 1632 960123';
const { line1, postalCode, city } = shippingAddress;
const secrets = [...Object.values(contact), line1, postalCode, city, phone, 'tok_approve'];

const line = z.looseObject({
  level: z.number(),
  msg: z.string(),
  correlationId: z.string().optional(),
  traceId: z.string().optional(),
});

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const headers = {
  'x-correlation-id': 'web.42',
  traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
};

describe('The log, with all that there is in it', () => {
  let site: Site;
  let smtp: Awaited<ReturnType<typeof smtpServer>>;
  let program: Program;
  let http: HttpClient;

  beforeAll(async () => {
    smtp = await smtpServer({ 'RCPT TO:': `451 4.7.1 <${contact.email}> ${contact.name} comes too early` });
    site = await Site.open();
    program = await site.start({ LOG_LEVEL: 'debug', SMTP_URL: smtp.url, CONSUMER_ATTEMPTS: '100' });
    http = program.http;
    await new Shop(http).stocked('SEAL', 10);
    const good = {
      ...{ customerId: 'cust-1', items: [{ sku: 'SEAL', quantity: 1 }], paymentMethod: 'tok_approve' },
      ...{ contact, shippingAddress },
    };
    await refused(good);
    const { orderId } = read(contract.order, await http.post('/api/orders', good, headers), 201);
    await until('a mail that is tried again', () => program.output.includes('trying again') || undefined);
    smtp.answers['RCPT TO:'] = `550 5.1.1 <${contact.email}> ${contact.name} is nobody here`;
    await until('two mails that are refused for good', async () => {
      const found = await http.get(`/api/notifications?orderId=${orderId}`);
      const items = found.status === 200 ? read(contract.notifications, found, 200).items : [];
      return items.filter(({ status }) => status === 'failed').length === 2 || undefined;
    });
    expect(await program.stop()).toBe(0);
  });
  afterAll(async () => {
    await site.clean();
    await smtp.close();
  });

  /** What clients put where it does not belong. */
  const refused = async (good: object): Promise<void> => {
    const json = { 'content-type': 'application/json' };
    const replies = [
      await http.post('/api/orders', { ...good, phone }),
      await http.post('/api/orders', { ...good, contact: { ...contact, email: contact.name } }),
      await http.send('POST', '/api/orders', `{"contact": "${contact.email}`, json),
      await http.send('POST', '/api/orders', contact.email, { 'content-type': 'text/plain' }),
      await http.get(`/api/orders?email=${contact.email}`),
      await http.get(`/api/orders/${contact.email}`),
      await http.get(`/${contact.email}`),
      await http.post('/api/orders', good, { 'idempotency-key': contact.name }),
    ];
    expect(replies.map(({ status }) => status)).toEqual([400, 400, 400, 415, 400, 400, 404, 400]);
  };

  const lines = () =>
    program.output
      .trim()
      .split('\n')
      .map((text) => line.parse(JSON.parse(text)));

  it('holds no personal data', () => {
    expect(secrets.filter((secret) => program.output.includes(secret))).toEqual([]);
    // Of the refused ones, too.
    const requests = lines().filter(({ msg }) => msg === 'A request was answered');
    expect(requests.length).toBeGreaterThan(10);
  });

  it('says of every line of the order what it belongs to', () => {
    const placing = lines().filter(({ correlationId }) => correlationId === 'web.42');
    const isRequest = (line: object): boolean => 'route' in line;
    expect(placing.filter(isRequest)).toMatchObject([
      { method: 'POST', route: '/api/orders', status: 201, traceId },
    ]);
    const later = placing.filter((line) => !isRequest(line));
    expect(new Set(later.map(({ msg }) => msg.replace(/ \(.*\)/, '')))).toEqual(
      new Set([
        'notification could not deal with OrderPlaced; trying again',
        ...(later.some(({ msg }) => msg.includes('OrderConfirmed'))
          ? ['notification could not deal with OrderConfirmed; trying again']
          : []),
      ]),
    );
    expect(new Set(placing.map((each) => each.traceId))).toEqual(new Set([traceId]));
    const unrelated = lines().filter(({ correlationId }) => correlationId === undefined);
    expect(unrelated.filter(({ msg }) => /request|Order/.test(msg))).toEqual([]);
  });
});
