/** One line of an order history: `customer,date,quantity,amount`. The amount is what the whole purchase cost. */
export interface Purchase {
  /** The header is line 1. */
  readonly line: number;
  readonly customer: string;
  readonly date: string;
  readonly quantity: number;
  readonly amountMinor: number;
}

export interface Unreadable {
  readonly line: number;
  readonly why: string;
}

export const header = 'customer,date,quantity,amount';

/** A longer line is no purchase, and is not kept in memory either. */
export const longestLine = 10_000;

export const isHeader = (text: string): boolean =>
  fieldsOf(text)
    ?.map((name) => name.toLowerCase())
    .join() === header;

export const isUnreadable = (reading: Purchase | Unreadable): reading is Unreadable => 'why' in reading;

/** `decimals`: the digits of the currency's minor unit. */
export const parseLine = (line: number, text: string, decimals: number): Purchase | Unreadable => {
  const unreadable = (why: string): Unreadable => ({ line, why });
  if (text.length > longestLine) return unreadable(`longer than ${longestLine} characters`);
  if (text.includes('\uFFFD')) return unreadable('not UTF-8');
  const fields = fieldsOf(text);
  if (fields === undefined) return unreadable('a quote is not closed or stands inside a field');
  const [customer = '', date = '', units = '', amount = ''] = fields;
  if (fields.length !== 4) return unreadable(`${fields.length} columns instead of 4`);
  if (customer === '') return unreadable('no customer');
  if (!isDate(date)) return unreadable(`"${date}" is not a date like 1997-12-31`);
  const quantity = /^\d+$/.test(units) ? Number(units) : NaN;
  if (!Number.isSafeInteger(quantity) || quantity === 0) {
    return unreadable(`quantity "${units}" is not a whole number above 0`);
  }
  const amountMinor = parseAmount(amount, decimals);
  if (amountMinor === undefined) {
    return unreadable(`amount "${amount}" is not a number of 0 or more with at most ${decimals} decimals`);
  }
  return { line, customer, date, quantity, amountMinor };
};

/** Digits are moved, never multiplied: 11.77 has no exact float. */
const parseAmount = (text: string, decimals: number): number | undefined => {
  const [, whole = '', fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === '' || fraction.length > decimals) return undefined;
  const minor = Number(whole + fraction.padEnd(decimals, '0'));
  return Number.isSafeInteger(minor) ? minor : undefined;
};

const isDate = (text: string): boolean => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  // February 30 would become March 2.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
};

/** RFC 4180, one record a line, so that an unclosed quote costs one line and not the rest of the file. */
const fieldsOf = (text: string): string[] | undefined => {
  const field = /("(?:[^"]|"")*"|[^",]*)(,|$)/y;
  const fields: string[] = [];
  for (;;) {
    const [, raw = '', end] = field.exec(text) ?? [];
    if (end === undefined) return undefined;
    fields.push((raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw).trim());
    if (end === '') return fields;
  }
};
