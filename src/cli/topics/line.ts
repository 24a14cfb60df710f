import { type Headers, type Message } from '../../ports/message-log.js';

/** What the value of a message says. Rejects with the reason when it cannot be told. */
export type Decode = (message: Message) => Promise<unknown>;

export interface Line {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly key: string | null;
  /** A list where a name comes more than once. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly valueBase64: string | null;
  readonly value: unknown;
  /** Why `value` is null although there is one. */
  readonly decodeError?: string;
}

export const lineOf = async (message: Message, decode: Decode): Promise<Line> => {
  const { topic, partition, offset, timestamp, key, headers, value } = message;
  return {
    ...{ topic, partition, offset, timestamp: new Date(timestamp).toISOString() },
    ...{ key: key?.toString() ?? null, headers: textsOf(headers) },
    valueBase64: value?.toString('base64') ?? null,
    ...(value === null ? { value: null } : await decoded(message, decode)),
  };
};

export const toJson = (line: unknown): string =>
  // JSON has no numbers beyond 2^53 that all its readers understand.
  JSON.stringify(line, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));

/** For people. */
export const toText = (line: Line): string => {
  const { topic, partition, offset, timestamp, key, value, valueBase64, decodeError } = line;
  const shown = decodeError === undefined ? toJson(value) : `${valueBase64} (${decodeError})`;
  return `${timestamp} ${topic}/${partition}@${offset} ${key ?? '(no key)'} ${shown}`;
};

const textsOf = (headers: Headers): Line['headers'] =>
  Object.fromEntries(
    [...Map.groupBy(headers, ([name]) => name)].map(([name, named]) => {
      const [first, ...more] = named.map(([, value]) => value.toString());
      return [name, more.length === 0 ? (first ?? '') : [first ?? '', ...more]];
    }),
  );

const decoded = async (message: Message, decode: Decode): Promise<Pick<Line, 'value' | 'decodeError'>> => {
  try {
    return { value: await decode(message) };
  } catch (error) {
    return { value: null, decodeError: error instanceof Error ? error.message : String(error) };
  }
};
