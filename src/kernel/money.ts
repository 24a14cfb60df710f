/** An amount in the smallest unit of an ISO 4217 currency (1999 EUR is 19.99 €). Never a float. */
export interface Money {
  readonly amountMinor: number;
  readonly currency: string;
}

export const money = (amountMinor: number, currency: string): Money => {
  if (!Number.isSafeInteger(amountMinor)) {
    throw new RangeError(`An amount is a safe integer of minor units, not ${amountMinor} ${currency}.`);
  }
  return { amountMinor: amountMinor + 0, currency }; // + 0 makes 0 of -0
};

export const zero = (currency: string): Money => money(0, currency);

export const plus = (a: Money, b: Money): Money => money(a.amountMinor + b.amountMinor, sameCurrency(a, b));

export const minus = (a: Money, b: Money): Money => money(a.amountMinor - b.amountMinor, sameCurrency(a, b));

export const times = (a: Money, factor: number): Money => money(a.amountMinor * factor, a.currency);

export const sameMoney = (a: Money, b: Money): boolean =>
  a.amountMinor === b.amountMinor && a.currency === b.currency;

/** Negative, zero or positive, as a is less than, equal to or more than b. */
export const compareMoney = (a: Money, b: Money): number => minus(a, b).amountMinor;

export const sum = (amounts: readonly Money[], currency: string): Money =>
  amounts.reduce(plus, zero(currency));

const sameCurrency = (a: Money, b: Money): string => {
  if (a.currency !== b.currency) throw new RangeError(`Cannot mix ${a.currency} and ${b.currency}.`);
  return a.currency;
};

const decimalsByCurrency = new Map<string, number>();

/** 1999 EUR → `19.99 EUR`, 500 JPY → `500 JPY`. */
export const moneyText = ({ amountMinor, currency }: Money): string => {
  const decimals = decimalsByCurrency.get(currency) ?? decimalsOf(currency);
  decimalsByCurrency.set(currency, decimals);
  const digits = String(amountMinor).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  return decimals === 0 ? `${whole} ${currency}` : `${whole}.${digits.slice(-decimals)} ${currency}`;
};

const decimalsOf = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 0;
