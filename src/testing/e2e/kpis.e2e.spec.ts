import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import * as contract from '../../http/contract.js';
import { until } from '../until.js';
import { type HttpClient, read, type Reply } from './http-client.js';
import { Site } from './program.js';
import { Shop } from './shop.js';

const eur = (amountMinor: number) => ({ amountMinor, currency: 'EUR' });
const todayUtc = () => new Date().toISOString().slice(0, 10);

describe('The sales by day and currency', () => {
  let site: Site;
  let http: HttpClient;
  let shop: Shop;

  beforeAll(async () => {
    site = await Site.open();
    http = (await site.start({ CONSISTENCY_TIMEOUT_MS: Site.patienceMs })).http;
    shop = new Shop(http);
  });

  afterAll(() => site.clean());

  const sales = (reply: Reply) => read(contract.sales, reply, 200);
  const tokenOf = ({ headers }: Reply) => ({ 'consistency-token': String(headers['consistency-token']) });

  it('are nothing at first', async () => {
    const { window, ...rest } = sales(await http.get('/api/kpis?window=2026-11-01/2026-11-30'));
    expect(window).toEqual({ from: '2026-11-01', to: '2026-11-30' });
    expect(rest).toEqual({ days: [], totals: [] });
  });

  it('count orders placed, money captured and money refunded', async () => {
    const sku = await shop.stocked('SOLD', 10, 1000);
    const { orderId, paymentId } = await shop.place({ [sku]: 3 });
    await shop.place({ [sku]: 50 });
    const shipment = `/api/shipments/${orderId}.1`;
    await until('its shipment', async () => ((await http.get(shipment)).status === 200 ? true : undefined));
    read(contract.shipment, await http.post(`${shipment}/dispatch`, { trackingNumber: 'T-1' }), 200);
    await shop.untilPayment(paymentId, 'captured');
    const refunds = `/api/payments/${paymentId ?? ''}/refunds`;
    const refund = await http.post(refunds, { amount: eur(400) });
    read(contract.refund, refund, 201);

    const { window, days, totals } = sales(await http.get('/api/kpis', tokenOf(refund)));
    expect(Date.parse(window.to) - Date.parse(window.from)).toBe(29 * 86_400_000);
    expect(totals).toEqual([{ currency: 'EUR', orders: 2, revenue: eur(3000), refunds: eur(400) }]);
    // Two at most, when midnight passes during the test.
    expect(days.map(({ day }) => day).every((day) => day >= window.from && day <= todayUtc())).toBe(true);
    const all = (figure: (day: (typeof days)[number]) => number) =>
      days.reduce((sum, day) => sum + figure(day), 0);
    expect([
      all(({ orders }) => orders),
      all(({ revenue }) => revenue.amountMinor),
      all(({ refunds }) => refunds.amountMinor),
    ]).toEqual([2, 3000, 400]);
  });

  it.each([
    '24h',
    '0d',
    '367d',
    '-7d',
    '7',
    '',
    '2026-11-01',
    '2026-11-30/2026-11-01',
    '2026-02-30/2026-03-01',
    '2026-01-01/2027-01-02',
    '2026-11-01/2026-11-30/2026-12-01',
  ])('the window %j is refused with what it may be', async (window) => {
    const reply = await http.get(`/api/kpis?window=${encodeURIComponent(window)}`);
    const { code, errors } = read(contract.problem, reply, 400);
    expect(code).toBe('INVALID_REQUEST');
    const allowed =
      'must be 1 to 366 days that end today (UTC), such as 30d, or the first and the last of at most 366 days, ' +
      'such as 2026-11-01/2026-11-30';
    expect(new Set(errors.map(({ message }) => message))).toEqual(new Set([allowed]));
  });

  it.each(['1d', '366d', '2026-11-01/2026-11-01', '2026-01-01/2027-01-01'])(
    'the window %j is answered',
    async (window) => {
      sales(await http.get(`/api/kpis?window=${encodeURIComponent(window)}`));
    },
  );

  it('are documented with the windows that there are', async () => {
    const parameters = z.array(z.looseObject({ name: z.string() }));
    const document = z.object({
      paths: z.object({ '/api/kpis': z.object({ get: z.object({ parameters }) }) }),
    });
    const described = read(document, await http.get('/docs/openapi.json'), 200).paths['/api/kpis'].get;
    expect(described.parameters.find(({ name }) => name === 'window')).toEqual({
      name: 'window',
      in: 'query',
      required: false,
      schema: {
        default: '30d',
        anyOf: [
          { type: 'string', pattern: '^\\d{1,3}d$' },
          { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\d\\/\\d{4}-\\d\\d-\\d\\d$' },
        ],
      },
    });
  });
});
