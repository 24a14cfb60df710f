import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type ReplayOptions } from './run.js';

export const usage =
  'npm run replay -- --file orders.csv [--url http://127.0.0.1:8080] [--clients 32] [--limit N] [--currency USD]';

const whole = (most: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= 1 && value <= most, `must be between 1 and ${most}`);

const currencies = new Set(Intl.supportedValuesOf('currency'));

const schema = z.object({
  file: z.string('is missing').min(1, 'is missing'),
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http or https address' })
    .default('http://127.0.0.1:8080'),
  clients: whole(1000).default(32),
  limit: whole(Number.MAX_SAFE_INTEGER).default(Infinity),
  currency: z
    .string()
    .refine((code) => currencies.has(code), 'must be an ISO 4217 currency such as USD')
    .default('USD'),
});

/** The options, or a sentence that says what is wrong with them. */
export const parseArguments = (
  args: readonly string[],
): Omit<ReplayOptions, 'patienceMs' | 'token'> | string => {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { file: text, url: text, clients: text, limit: text, currency: text },
    });
    const parsed = schema.safeParse(values);
    if (parsed.success) return parsed.data;
    return parsed.error.issues.map(({ path, message }) => `--${path.join('.')} ${message}`).join('; ');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
