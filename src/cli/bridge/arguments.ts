import { parseArgs } from 'node:util';
import { z } from 'zod';
import { UsageError } from '../platform.js';

export const usage = `npm run bridge -- status [--json]
npm run bridge -- verify [--json]
npm run bridge -- replay --topic TOPIC [--from POSITION] [--to POSITION]`;

const position = z
  .string()
  .regex(/^[\x21-\x7e]{1,100}$/, 'must be a position as the headers of a message have it');

const schema = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.literal('status'), json: z.boolean().default(false) }),
  z.strictObject({ verb: z.literal('verify'), json: z.boolean().default(false) }),
  z.strictObject({
    verb: z.literal('replay'),
    topic: z
      .string('is missing')
      .regex(/^[A-Za-z0-9._-]{1,249}$/, 'must be 1 to 249 letters, digits, dots, dashes or underscores'),
    from: position.optional(),
    to: position.optional(),
  }),
]);

export type BridgeOptions = z.infer<typeof schema>;

/** @throws UsageError */
export const parseArguments = (args: readonly string[]): BridgeOptions => {
  const { values, positionals } = parsed(args);
  const result = schema.safeParse({ verb: positionals.join(' '), ...values });
  if (result.success) return result.data;
  throw new UsageError(
    result.error.issues
      .map(({ code, path, message }) =>
        code === 'invalid_union'
          ? `unknown verb ${positionals.join(' ') || '(none)'}: status, verify and replay are there`
          : `--${path.join('.')} ${message}`,
      )
      .join('; '),
  );
};

const parsed = (args: readonly string[]) => {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean' }, topic: text, from: text, to: text },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};
