import avro from 'avsc';

/** The bytes are a long that a number cannot hold exactly. */
export class UnsafeLong extends Error {
  override readonly name = 'UnsafeLong';
}

/** avsc's cursor over a buffer. */
interface Tap {
  readonly buf: Buffer;
  pos: number;
  readLong(): number;
  writeLong(value: number): void;
}

/** Within ±2^52 avsc is exact: it keeps twice the value in a number, and negative ones less one. */
const limit = 2 ** 52;

/**
 * Longs as numbers, exactly or not at all: avsc's own type writes and reads other values than it is given for about half
 * of the negative ones below -2^52, and refuses Number.MAX_SAFE_INTEGER. This is inside avsc, whose way to do it from
 * outside (`LongType.__with`) costs a third of the throughput; exact-long.spec.ts says whether another avsc goes along.
 */
class ExactLong extends avro.types.LongType {
  _check(
    value: unknown,
    _flags: unknown,
    hook: ((value: unknown, type: avro.Type) => void) | undefined,
  ): boolean {
    const valid = Number.isSafeInteger(value);
    if (!valid) hook?.(value, this);
    return valid;
  }

  _write(tap: Tap, value: number): void {
    if (!Number.isSafeInteger(value)) throw new TypeError(`invalid "long": ${String(value)}`);
    if (value >= -limit) tap.writeLong(value);
    else writeNegative(tap, value);
  }

  // avsc calls it as a method of its resolvers, too.
  _read(tap: Tap): number {
    const start = tap.pos;
    const value = tap.readLong();
    if (value > -limit && value < limit) return value;
    tap.pos = start;
    return read(tap);
  }
}

/** Zigzag and base 128 (specification, "Binary Encoding"). */
const writeNegative = (tap: Tap, value: number): void => {
  let rest = -(value + 1);
  let byte = ((rest % 64) << 1) | 1;
  rest = Math.floor(rest / 64);
  while (rest > 0) {
    tap.buf[tap.pos++] = byte | 0x80;
    byte = rest % 128;
    rest = Math.floor(rest / 128);
  }
  tap.buf[tap.pos++] = byte;
};

const read = (tap: Tap): number => {
  const next = (): number => tap.buf[tap.pos++] ?? 0;
  const first = next();
  let magnitude = (first & 0x7f) >> 1;
  let scale = 64;
  for (let byte = first; byte & 0x80; scale *= 128) {
    byte = next();
    magnitude += (byte & 0x7f) * scale;
  }
  const value = first & 1 ? -magnitude - 1 : magnitude;
  if (!Number.isSafeInteger(value)) throw new UnsafeLong();
  return value;
};

export const exactLong: avro.Type = new ExactLong();

const same = <Value>(value: Value): Value => value;

/** Reads longs as numbers or bigints; for finding one that is unsafe. */
export const anyLong: avro.Type = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => {
    const long = bytes.readBigInt64LE();
    const number = Number(long);
    return Number.isSafeInteger(number) ? number : long;
  },
  toBuffer: () => {
    throw new Error('This type only reads.');
  },
  isValid: () => true,
  fromJSON: same,
  toJSON: same,
  compare: () => 0,
});
