import { z } from 'zod';

const schema = z.record(z.string(), z.unknown());

/** A `$metadata` event of `$$stream`, as far as it is understood here. */
export interface StreamMetadata {
  /** Infinity: the stream is deleted. */
  readonly truncateBefore: number;
  /** Why it cannot be taken: to ignore a setting would be to pretend. */
  readonly refusal: string | undefined;
}

const maxInt64 = 2 ** 63;

export const readStreamMetadata = (data: Uint8Array): StreamMetadata => {
  const parsed = schema.safeParse(json(data));
  if (!parsed.success) return { truncateBefore: 0, refusal: 'Stream metadata is a JSON object.' };
  const unknown = Object.keys(parsed.data).filter((key) => key.startsWith('$') && key !== '$tb');
  if (unknown.length > 0)
    return { truncateBefore: 0, refusal: `${unknown.join(', ')} of stream metadata is not implemented.` };
  const truncateBefore = Number(parsed.data.$tb ?? 0);
  return { truncateBefore: truncateBefore >= maxInt64 ? Infinity : truncateBefore, refusal: undefined };
};

const json = (data: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(data).toString('utf8'));
  } catch {
    return undefined;
  }
};
