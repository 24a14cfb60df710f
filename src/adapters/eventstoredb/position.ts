import { type Position } from '../../kernel/envelope.js';
import { ServerTooOld } from './errors.js';

/** As many digits as the greatest unsigned number of 64 bits has. */
const DIGITS = 20;

/** What the server says where it does not know a position. */
const UNKNOWN = '18446744073709551615';

/** Before the first event. */
export const ORIGIN = 0n;

/** Zero-padded, so that text order is commit order. */
export const toPosition = (commit: bigint | string): Position => {
  const digits = String(commit);
  if (digits === UNKNOWN) throw new ServerTooOld('it does not say where in $all an event of a stream stands');
  return digits.padStart(DIGITS, '0') as Position;
};

/** The commit position; the prepare position of whatever was written over gRPC is the same. */
export const fromPosition = (position: Position): bigint => BigInt(position);

const PARTS = 1_000_000_000n;

export const fractionOf = (position: bigint, end: bigint): number =>
  position >= end ? 1 : Number((position * PARTS) / end) / Number(PARTS);
