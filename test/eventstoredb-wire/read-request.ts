import { type CallError, invalid, unknown } from './errors.js';
import { type Filter, filterOf } from './filter.js';
import { streamName, type Variant } from './frames.js';
import { type Profile } from './profiles.js';
import { streams } from './proto.js';

/** Where a read begins: a revision, or a position of the log. */
export type From = 'start' | 'end' | number;

export interface ReadRequest {
  /** undefined: all streams. */
  readonly stream: string | undefined;
  readonly from: From;
  readonly forwards: boolean;
  /** undefined: a subscription. */
  readonly count: number | undefined;
  readonly resolveLinks: boolean;
  readonly filter: Filter | undefined;
  readonly variant: Variant;
}

export const readRequestOf = (message: streams.ReadReq, profile: Profile): ReadRequest | CallError => {
  const options = message.getOptions();
  const byName = options?.getStream();
  const stream = streamName(byName?.getStreamIdentifier());
  const from = byName ? fromRevision(byName) : fromPosition(options?.getAll());
  if (!options || from === undefined || (byName && stream === undefined))
    return invalid('The read names no stream, or does not say where to begin.');
  if (typeof from === 'object') return from;
  const expression = options.getFilter();
  const filter = expression && filterOf(expression);
  if (filter && 'code' in filter) return filter;
  if (filter && byName) return invalid('A stream is read without a filter.');
  const forwards = options.getReadDirection() === streams.ReadReq.Options.ReadDirection.FORWARDS;
  if (!options.hasCount() && !options.hasSubscription())
    return invalid('Neither a count nor a subscription.');
  if (options.hasSubscription() && !forwards) return invalid('A subscription goes forwards.');
  return {
    stream,
    from,
    forwards,
    count: options.hasCount() ? Number(options.getCount()) : undefined,
    resolveLinks: options.getResolveLinks(),
    filter,
    variant: {
      structuredIds: options.getUuidOption()?.hasStructured() ?? false,
      withoutPosition: byName !== undefined && !profile.positionsInStreamReads,
    },
  };
};

const fromRevision = (options: streams.ReadReq.Options.StreamOptions): From | undefined => {
  if (options.hasStart()) return 'start';
  if (options.hasEnd()) return 'end';
  return options.hasRevision() ? Number(options.getRevision()) : undefined;
};

const fromPosition = (
  options: streams.ReadReq.Options.AllOptions | undefined,
): From | CallError | undefined => {
  if (options?.hasStart()) return 'start';
  if (options?.hasEnd()) return 'end';
  const position = options?.getPosition();
  if (!position) return undefined;
  if (BigInt(position.getCommitPosition()) < BigInt(position.getPreparePosition()))
    return unknown('The commit position cannot be less than the prepare position.');
  return Number(position.getCommitPosition());
};
