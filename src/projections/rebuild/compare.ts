import { follow } from '../../execution/follow.js';
import { type DomainEvent } from '../../kernel/decider.js';
import { type Position } from '../../kernel/envelope.js';
import { type EventStore } from '../../ports/event-store.js';
import { type ComparedDocument, type Comparison, type Difference } from '../../ports/generations.js';
import { type Scanned, type View } from '../../ports/views.js';
import { foldInto, keyed, type Working } from '../fold.js';
import { eventFilter, type Projection } from '../projection.js';
import { differingPaths, digestOf } from './differing.js';

type Compared = Pick<View<object>, 'scan' | 'checkpoint'>;

export interface ComparePorts {
  readonly eventStore: Pick<EventStore, 'subscribe'>;
  /** It may go on following the events. */
  readonly serving: Compared;
  /** Nobody writes it meanwhile. */
  readonly built: Compared;
  readonly signal: AbortSignal;
  /** Told now and then. @param documents that have been looked at */
  readonly onProgress?: (documents: number) => void;
}

const pageSize = 256;
/** So many documents that the serving generation has moved on with are kept in memory, then they are judged. */
const mostMoved = 1_000;
/** So many differences are listed in full. */
const mostListed = 20;
const mostPaths = 20;
/** A larger document is left out of the list; its digest and the paths tell. */
const largestListed = 20_000;

/** A pair that the serving generation has moved on with after the position of the comparison. */
interface Moved {
  readonly id: string;
  readonly serving: Scanned | undefined;
  readonly built: Scanned | undefined;
}

/**
 * Compares two generations as they are at one position: that of the built one, which stands still. A document that
 * the serving one has changed since is compared with what the events up to that change make of the built one.
 * A serving generation that stands still before the position is compared as far as it has got.
 */
export const compare = async <Event extends DomainEvent, Doc extends object>(
  projection: Projection<Event, Doc>,
  { eventStore, serving, built, signal, onProgress }: ComparePorts,
): Promise<Comparison> => {
  const position = (await built.checkpoint()) ?? nowhere;
  const servingAt = (await serving.checkpoint()) ?? nowhere;
  const tally = new Tally(position);
  const moved: Moved[] = [];
  const judgeMoved = async (): Promise<void> => {
    const to = (await serving.checkpoint()) ?? nowhere;
    const some = moved.splice(0);
    const equal = await foldForwards(projection, some, { eventStore, from: position, to, signal });
    for (const { id, serving: one, built: other } of some) {
      if (equal.has(id)) tally.equal += 1;
      else tally.differ(id, one, other);
    }
  };
  for await (const { id, serving: one, built: other } of pairs(serving, built)) {
    if (signal.aborted) break;
    tally.count(one, other);
    if (tally.looked % pageSize === 0) onProgress?.(tally.looked);
    if (one?.text === other?.text) tally.equal += 1;
    else if ((one?.position ?? nowhere) > position || (one === undefined && servingAt >= position)) {
      moved.push({ id, serving: one, built: other });
      if (moved.length >= mostMoved) await judgeMoved();
    } else if ((other?.position ?? nowhere) > servingAt || (other === undefined && servingAt < position)) {
      // Changed, or removed, by an event that the serving one has not got to.
      tally.unjudged += 1;
    } else tally.differ(id, one, other);
  }
  await judgeMoved();
  return tally.result();
};

/** Before every position. */
const nowhere = '' as Position;

interface Pair {
  readonly id: string;
  readonly serving: Scanned | undefined;
  readonly built: Scanned | undefined;
}

/** The documents of both by id, which both go through in the same order. */
async function* pairs(serving: Compared, built: Compared): AsyncGenerator<Pair, void, undefined> {
  const [one, other] = [documentsOf(serving), documentsOf(built)];
  let [left, right] = [await one.next(), await other.next()];
  while (left.done !== true || right.done !== true) {
    const [a, b] = [left.value ?? undefined, right.value ?? undefined];
    const order =
      a === undefined ? 1 : b === undefined ? -1 : Buffer.compare(Buffer.from(a.id), Buffer.from(b.id));
    const id = (order <= 0 ? a : b)?.id ?? '';
    yield { id, serving: order <= 0 ? a : undefined, built: order >= 0 ? b : undefined };
    if (order <= 0) left = await one.next();
    if (order >= 0) right = await other.next();
  }
}

async function* documentsOf(view: Compared): AsyncGenerator<Scanned, void, undefined> {
  for (let page = await view.scan(undefined, pageSize); page.length > 0;) {
    yield* page;
    page = await view.scan(page.at(-1)?.id, pageSize);
  }
}

/**
 * Which of the documents come out as the serving generation had them when it was read: at the position that it
 * names, or, where it had none, anywhere on the way.
 */
const foldForwards = async <Event extends DomainEvent, Doc extends object>(
  projection: Projection<Event, Doc>,
  moved: readonly Moved[],
  {
    eventStore,
    from,
    to,
    signal,
  }: { eventStore: ComparePorts['eventStore']; from: Position; to: Position; signal: AbortSignal },
): Promise<ReadonlySet<string>> => {
  const wanted = new Map(moved.map((each) => [each.id, each]));
  // Documents are what their projection of this name and version wrote.
  const working = new Map<string, Working<Doc>>(
    moved.map(({ id, built }) => [
      id,
      { doc: built && (JSON.parse(built.text) as Doc), position: built?.position },
    ]),
  );
  const equal = new Set<string>();
  const look = (id: string): void => {
    const { doc, position } = working.get(id) ?? {};
    const serving = wanted.get(id)?.serving;
    if (serving === undefined ? doc === undefined : position === serving.position && isSame(serving, doc))
      equal.add(id);
  };
  for (const id of wanted.keys()) look(id);
  const end = moved.reduce(
    (latest, { serving }) => (serving && serving.position > latest ? serving.position : latest),
    to,
  );
  if (end <= from) return equal;
  const options = {
    from: from === nowhere ? 'start' : from,
    filter: eventFilter(projection),
    batchSize: 2_048,
  } as const;
  for await (const { events, position, caughtUp } of follow(eventStore, options, signal)) {
    const { keyed: known } = keyed(
      projection,
      events.filter((event) => event.position <= end),
    );
    for (const each of known) {
      if (!wanted.has(each.id)) continue;
      foldInto(projection, working, [each]);
      look(each.id);
    }
    if (caughtUp || position >= end) break;
  }
  return equal;
};

const isSame = (serving: Scanned, doc: object | undefined): boolean =>
  doc !== undefined && digestOf(JSON.parse(serving.text)) === digestOf(doc);

class Tally {
  looked = 0;
  equal = 0;
  unjudged = 0;
  private readonly documents = { serving: 0, built: 0 };
  private readonly counts = { missing: 0, extra: 0, changed: 0 };
  private readonly differences: Difference[] = [];

  constructor(private readonly position: Position) {}

  count(serving: Scanned | undefined, built: Scanned | undefined): void {
    this.looked += 1;
    if (serving !== undefined) this.documents.serving += 1;
    if (built !== undefined) this.documents.built += 1;
  }

  differ(id: string, serving: Scanned | undefined, built: Scanned | undefined): void {
    const [one, other] = [serving, built].map((each): unknown =>
      each === undefined ? undefined : JSON.parse(each.text),
    );
    if (one !== undefined && other !== undefined && digestOf(one) === digestOf(other)) {
      // The same with its keys in another order.
      this.equal += 1;
      return;
    }
    const is = built === undefined ? 'missing' : serving === undefined ? 'extra' : 'changed';
    this.counts[is] += 1;
    if (this.differences.length >= mostListed) return;
    const paths = is === 'changed' ? differingPaths(one, other, mostPaths) : [];
    this.differences.push({ id, is, paths, serving: compared(serving, one), built: compared(built, other) });
  }

  result(): Comparison {
    const { position, documents, equal, counts, unjudged, differences } = this;
    return { position, documents, equal, ...counts, unjudged, differences };
  }
}

const compared = (scanned: Scanned | undefined, doc: unknown): ComparedDocument | null => {
  if (scanned === undefined) return null;
  const { position, text } = scanned;
  const digest = digestOf(doc);
  return text.length > largestListed ? { position, digest } : { position, digest, doc };
};

/** Nothing speaks against the built one. */
export const isEqual = ({ missing, extra, changed, unjudged }: Comparison): boolean =>
  missing + extra + changed + unjudged === 0;
