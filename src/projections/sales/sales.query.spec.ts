import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../../adapters/embedded/index.js';
import { money } from '../../kernel/money.js';
import { type View } from '../../ports/views.js';
import { positionAt } from '../../testing/sample-positions.js';
import { viewIn } from '../projection.js';
import { type DailySales, salesProjection } from './sales.projection.js';
import { daysIn, lastDays, salesIn } from './sales.query.js';

const sales = (day: string, currency: string, amount = 0): DailySales => ({
  day,
  currency,
  orders: 1,
  revenue: money(amount, currency),
  refunds: money(1, currency),
});

describe('the sales of a window', () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;
  let view: View<DailySales>;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'sales-'));
    engine = openEmbedded({ dataDir });
    view = engine.views.open<DailySales>(viewIn(salesProjection, 'sales'));
  });

  afterEach(async () => {
    await engine.close();
    await rm(dataDir, { recursive: true });
  });

  const hold = async (docs: readonly DailySales[]) => {
    const changes = docs.map((doc, index) => ({
      id: `${doc.day}:${doc.currency}`,
      position: positionAt(index),
      doc,
    }));
    await view.write(changes, positionAt(docs.length));
  };

  it('are its days, both ends included, and their totals by currency', async () => {
    const inside = [
      sales('2026-11-02', 'EUR', 100),
      sales('2026-11-02', 'USD', 7),
      sales('2026-11-04', 'EUR', 20),
    ];
    await hold([sales('2026-11-05', 'EUR', 999), ...inside.toReversed(), sales('2026-11-01', 'EUR', 999)]);
    const window = { from: '2026-11-02', to: '2026-11-04' };
    expect(await salesIn(view, window)).toStrictEqual({
      window,
      days: inside,
      totals: [
        { currency: 'EUR', orders: 2, revenue: money(120, 'EUR'), refunds: money(2, 'EUR') },
        { currency: 'USD', orders: 1, revenue: money(7, 'USD'), refunds: money(1, 'USD') },
      ],
    });
  });

  it('are empty when nothing happened', async () => {
    const window = lastDays(30, '2026-11-23');
    expect(await salesIn(view, window)).toStrictEqual({ window, days: [], totals: [] });
  });

  it('are all there, however many', async () => {
    const { from } = lastDays(366, '2026-11-23');
    const days = Array.from({ length: 366 }, (_, index) => lastDays(366 - index, '2026-11-23').from);
    const docs = days.flatMap((day) => ['EUR', 'USD', 'JPY'].map((currency) => sales(day, currency, 10)));
    await hold(docs);
    const found = await salesIn(view, { from, to: '2026-11-23' });
    expect(found.days.map(({ day, currency }) => day + currency)).toStrictEqual(
      docs.map(({ day, currency }) => day + currency).sort(),
    );
    expect(
      found.totals.map(({ currency, orders, revenue }) => [currency, orders, revenue.amountMinor]),
    ).toStrictEqual(['EUR', 'JPY', 'USD'].map((currency) => [currency, 366, 3660]));
  });

  it('are counted back from today', () => {
    const windows = [1, 30, 366].map((days) => lastDays(days, '2028-03-01'));
    expect(windows).toStrictEqual([
      { from: '2028-03-01', to: '2028-03-01' },
      { from: '2028-02-01', to: '2028-03-01' },
      { from: '2027-03-02', to: '2028-03-01' },
    ]);
    expect(windows.map(daysIn)).toStrictEqual([1, 30, 366]);
    expect(daysIn({ from: '2028-03-01', to: '2028-02-29' })).toBe(0);
  });
});
