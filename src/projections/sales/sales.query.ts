import { type ReadableView } from '../../ports/views.js';
import { type DailySales, plusFigures, type SalesFigures } from './sales.projection.js';

/** Days in UTC (`2026-11-23`), both included. */
export interface SalesWindow {
  readonly from: string;
  readonly to: string;
}

export interface CurrencySales extends SalesFigures {
  readonly currency: string;
}

export interface Sales {
  readonly window: SalesWindow;
  /** By day, then currency; without those on which nothing happened. */
  readonly days: readonly DailySales[];
  /** By currency. */
  readonly totals: readonly CurrencySales[];
}

const dayMs = 86_400_000;

/** So many days, today being the last. */
export const lastDays = (days: number, today: string): SalesWindow => ({
  from: new Date(Date.parse(today) - (days - 1) * dayMs).toISOString().slice(0, 10),
  to: today,
});

export const daysIn = ({ from, to }: SalesWindow): number => (Date.parse(to) - Date.parse(from)) / dayMs + 1;

export const salesIn = async (view: ReadableView<DailySales>, window: SalesWindow): Promise<Sales> => {
  const days = await documentsIn(view, window);
  return { window, days, totals: totalsOf(days) };
};

const documentsIn = async (
  view: ReadableView<DailySales>,
  { from, to }: SalesWindow,
): Promise<readonly DailySales[]> => {
  const days: DailySales[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page = await view.find({
      where: [
        { path: 'day', atLeast: from },
        { path: 'day', atMost: to },
      ],
      sort: { path: 'day', direction: 'ascending' },
      limit: 500,
      ...(cursor === undefined ? {} : { cursor }),
    });
    days.push(...page.items.map(({ doc }) => doc));
    cursor = page.nextCursor;
  }
  return days;
};

const totalsOf = (days: readonly DailySales[]): readonly CurrencySales[] => {
  const totals = new Map<string, CurrencySales>();
  for (const { day: _, ...figures } of days) {
    const { currency } = figures;
    const total = totals.get(currency);
    totals.set(currency, total === undefined ? figures : { currency, ...plusFigures(total, figures) });
  }
  return [...totals.values()].sort((a, b) => (a.currency < b.currency ? -1 : 1));
};
