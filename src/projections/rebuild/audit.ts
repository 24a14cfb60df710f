import { hash } from 'node:crypto';
import { followTexts } from '../../execution/follow.js';
import { type LeadershipOptions, type Term, whileLeading } from '../../execution/leadership.js';
import { pause } from '../../execution/pause.js';
import { type Position } from '../../kernel/envelope.js';
import { type EventStore } from '../../ports/event-store.js';
import {
  type ComparedDocument,
  type ComparedValue,
  type Comparison,
  type Difference,
  type Generation,
  type Generations,
  type ProjectionFailure,
} from '../../ports/generations.js';
import { LeaseLost, type Leases } from '../../ports/leases.js';
import { type Scanned, type View, type Views } from '../../ports/views.js';
import { foldInto, keyed, type Working } from '../fold.js';
import { type AnyProjection, eventFilter } from '../projection.js';
import { projectionLease } from '../runner.js';
import { compare } from './compare.js';
import { checkpointOf, generationsOf, storagesOf } from './generations.js';
import { ReadEvent } from './replay.js';
import { type BuildWork } from './work.js';

export interface AuditPorts extends LeadershipOptions {
  readonly leases: Leases;
  readonly eventStore: EventStore;
  readonly views: Views;
  readonly generations: Generations;
  readonly work: BuildWork;
}

export interface AuditRequest {
  /** Share of the documents, above 0 and up to 1, folded in memory; null: all, folded into a storage that is dropped. */
  readonly sample: number | null;
  /** Chooses the documents of a sample: the same ones for the same seed. */
  readonly seed: string;
  /** Partitions of the fold of all. */
  readonly parallel: number;
  /** Names the storage. */
  readonly pid: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: AuditProgress) => void;
}

export type AuditProgress =
  | { readonly phase: 'replaying'; readonly fraction: number; readonly events: number }
  | { readonly phase: 'comparing'; readonly documents: number };

/** A document of the view that is not what the events give. */
export interface AuditDifference {
  readonly id: string;
  /** `missing`: the events give it, and the view lacks it; `extra`: the view alone has it. */
  readonly is: Difference['is'];
  readonly paths: readonly {
    readonly path: string;
    readonly serving: ComparedValue;
    readonly folded: ComparedValue;
  }[];
  readonly serving: ComparedDocument | null;
  readonly folded: ComparedDocument | null;
}

export interface AuditReport {
  readonly projection: string;
  readonly generation: number;
  readonly version: number;
  readonly sample: number | null;
  readonly seed: string;
  /** The view is compared as it was after this event. */
  readonly position: Position;
  readonly documents: { readonly serving: number; readonly folded: number };
  readonly equal: number;
  readonly missing: number;
  readonly extra: number;
  readonly changed: number;
  /** Concerned by events that the view has not got to, and does not get to. */
  readonly unjudged: number;
  /** The first ones. */
  readonly differences: readonly AuditDifference[];
}

export type AuditOutcome =
  | { readonly is: 'judged'; readonly report: AuditReport }
  | { readonly is: 'impossible'; readonly why: string }
  | { readonly is: 'interrupted' };

const readAtOnce = 2_048;
/** So long the view may stand still on its way to the position of the comparison. */
const servingPatienceMs = 30_000;
/** Far longer than a lease that has run out is taken again. */
const unwrittenMs = 2_000;
const lookAgainMs = 50;

/** Compares the generation of a view that serves with a fresh fold of the events; both may go on meanwhile. */
export const audit = async (
  projection: AnyProjection,
  ports: AuditPorts,
  request: AuditRequest,
): Promise<AuditOutcome> => {
  const { name, version } = projection;
  const known = () => generationsOf(ports.generations, name);
  const { serving } = await known();
  if (serving === null) return impossible(`No generation of ${name} serves: there is nothing to compare.`);
  if (serving.version !== version) {
    return impossible(
      `Of ${name} version ${serving.version} serves, and this program folds version ${version}.`,
    );
  }
  const view = await ports.views.existing(serving.storage);
  if (view === undefined) {
    return impossible(
      `The storage ${serving.storage} of ${name} is not there: start a program, or rebuild it.`,
    );
  }
  const auditor = new Auditor(projection, serving, view, ports, request);
  const outcome = request.sample === null ? await auditor.all() : await auditor.sample(request.sample);
  if (outcome.is === 'judged' && !storagesOf(await known()).includes(serving.storage)) {
    return impossible(`Generation ${serving.number} of ${name} was removed meanwhile. Verify again.`);
  }
  return outcome;
};

class Auditor {
  constructor(
    private readonly projection: AnyProjection,
    private readonly serving: Generation,
    private readonly view: View<object>,
    private readonly ports: AuditPorts,
    private readonly request: AuditRequest,
  ) {}

  async all(): Promise<AuditOutcome> {
    const { pid, signal } = this.request;
    const { name, version } = this.projection;
    await dropLeftovers(this.ports);
    const storage = `${name}_v${version}_verify_${pid}`;
    const over = new AbortController();
    const judged = Promise.withResolvers<AuditOutcome>();
    const serve = async (term: Term): Promise<void> => {
      await this.foldAll(storage, term).then(judged.resolve, judged.reject);
      over.abort();
    };
    const outcome = judged.promise.catch((error: unknown) => {
      if (!(error instanceof LeaseLost)) throw error;
      return impossible(`Another process has taken over ${storage}, as this one stood still. Verify again.`);
    });
    const office = { name: leaseOf(storage), serve };
    try {
      await Promise.all([
        whileLeading(office, this.ports, AbortSignal.any([signal, over.signal])).then(() => {
          judged.resolve({ is: 'interrupted' });
        }),
        outcome,
      ]);
      return await outcome;
    } finally {
      await this.ports.views.drop(storage);
    }
  }

  private async foldAll(storage: string, { lease, signal }: Term): Promise<AuditOutcome> {
    const { work, eventStore } = this.ports;
    const { name: projection } = this.projection;
    const head = await eventStore.head();
    let events = 0;
    const task = { projection, storage, lease, parallel: this.request.parallel };
    const end = await work.replay(task, {
      signal,
      onProgress: (done, position) => {
        events = done;
        this.tellReplayed(done, position, head);
      },
    });
    if (end.is === 'poisoned') return poisoned(end.poison);
    if (signal.aborted) return { is: 'interrupted' };
    const position = await checkpointOf(this.ports.views, storage);
    await this.untilServingAt(position, signal);
    const comparison = await work.compare(
      { projection, serving: this.serving.storage, built: storage, size: events },
      { signal, onProgress: this.tellCompared },
    );
    return this.judged(comparison, signal);
  }

  async sample(share: number): Promise<AuditOutcome> {
    const { eventStore } = this.ports;
    const { signal } = this.request;
    const isIn = (id: string): boolean =>
      hash('sha256', `${this.request.seed}:${id}`, 'buffer').readUInt32BE() < share * 2 ** 32;
    const folded = await this.foldInMemory(isIn);
    if ('message' in folded) return poisoned(folded);
    if (signal.aborted) return { is: 'interrupted' };
    await this.untilServingAt(folded.position, signal);
    const comparison = await compare(this.projection, {
      eventStore,
      serving: filtered(this.view, isIn),
      built: inMemory(folded.documents, folded.position),
      signal,
      onProgress: this.tellCompared,
    });
    return this.judged(comparison, signal);
  }

  private async foldInMemory(isIn: (id: string) => boolean): Promise<ProjectionFailure | Folded> {
    const { eventStore } = this.ports;
    const documents = new Map<string, Working<object>>();
    const options = { from: 'start', filter: eventFilter(this.projection), batchSize: readAtOnce } as const;
    const head = await eventStore.head();
    let position: Position | undefined;
    let events = 0;
    for await (const delivery of followTexts(eventStore, options, this.request.signal)) {
      const read = delivery.events.map((text) => new ReadEvent(text));
      const known = keyed(this.projection, read);
      const sampled = known.keyed.filter(({ id }) => isIn(id));
      const { poison = known.poison } = foldInto(this.projection, documents, sampled);
      if (poison !== undefined) return poison;
      position = delivery.position;
      events += read.length;
      this.tellReplayed(events, position, head);
      if (delivery.caughtUp) break;
    }
    return { documents, position };
  }

  /**
   * One that nobody writes is compared as far as it has got; whoever writes it may lose its lease for a moment on a busy
   * machine.
   */
  private async untilServingAt(position: Position | undefined, signal: AbortSignal): Promise<void> {
    const { leases } = this.ports;
    const lease = projectionLease(this.serving.storage);
    let progress: { reached: Position | undefined; at: number } = {
      reached: undefined,
      at: performance.now(),
    };
    let writtenAt = performance.now();
    while (position !== undefined && !signal.aborted && performance.now() - progress.at < servingPatienceMs) {
      const reached = await this.view.checkpoint();
      if (reached !== undefined && reached >= position) return;
      if (reached !== progress.reached) progress = { reached, at: performance.now() };
      if ((await leases.held(lease)).some(({ name }) => name === lease)) writtenAt = performance.now();
      else if (performance.now() - writtenAt > unwrittenMs) return;
      await pause(lookAgainMs, signal);
    }
  }

  /** One that was broken off has looked at a part only. */
  private judged({ documents, differences, ...counts }: Comparison, { aborted }: AbortSignal): AuditOutcome {
    if (aborted) return { is: 'interrupted' };
    const { number: generation, version } = this.serving;
    const { missing, extra, ...rest } = counts;
    const report = {
      ...{
        projection: this.projection.name,
        generation,
        version,
        sample: this.request.sample,
        seed: this.request.seed,
      },
      ...rest,
      documents: { serving: documents.serving, folded: documents.built },
      // Of two generations `missing` is said of the new one; here it is said of the view.
      ...{ missing: extra, extra: missing },
      differences: differences.map(toAuditDifference),
    };
    return { is: 'judged', report };
  }

  private tellReplayed(events: number, position: Position | undefined, head: Position | undefined): void {
    const fraction =
      head === undefined || position === undefined ? 0 : this.ports.eventStore.fractionAt(position, head);
    this.request.onProgress({ phase: 'replaying', fraction, events });
  }

  private readonly tellCompared = (documents: number): void => {
    this.request.onProgress({ phase: 'comparing', documents });
  };
}

interface Folded {
  readonly documents: ReadonlyMap<string, Working<object>>;
  readonly position: Position | undefined;
}

const leaseOf = (storage: string): string => `verify:${storage}`;

/** Of auditors that were killed: nobody holds their leases. */
const dropLeftovers = async ({ views, leases, owner, ttlMs }: AuditPorts): Promise<void> => {
  for (const storage of await views.names()) {
    if (!/_v\d+_verify_\d+$/.test(storage)) continue;
    // Who has stood still and comes back finds that it has lost its lease.
    const lease = await leases.acquire(leaseOf(storage), owner, ttlMs);
    if (lease === undefined) continue;
    await views.drop(storage);
    await leases.release(lease);
  }
};

type Compared = Pick<View<object>, 'scan' | 'checkpoint'>;

const filtered = (view: Compared, isIn: (id: string) => boolean): Compared => ({
  checkpoint: () => view.checkpoint(),
  scan: async (after, limit) => {
    for (let from = after; ;) {
      const page = await view.scan(from, limit);
      const wanted = page.filter(({ id }) => isIn(id));
      if (wanted.length > 0 || page.length === 0) return wanted;
      from = page.at(-1)?.id;
    }
  },
});

const inMemory = (documents: Folded['documents'], checkpoint: Position | undefined): Compared => {
  const all = [...documents]
    .flatMap(([id, { doc, position }]): Scanned[] =>
      doc === undefined || position === undefined ? [] : [{ id, position, text: JSON.stringify(doc) }],
    )
    .sort((one, other) => Buffer.compare(Buffer.from(one.id), Buffer.from(other.id)));
  const indexOf = new Map(all.map(({ id }, index) => [id, index]));
  return {
    checkpoint: () => Promise.resolve(checkpoint),
    scan: (after, limit) => {
      const start = after === undefined ? 0 : (indexOf.get(after) ?? all.length) + 1;
      return Promise.resolve(all.slice(start, start + limit));
    },
  };
};

const toAuditDifference = ({ id, is, paths, serving, built }: Difference): AuditDifference => ({
  id,
  is: is === 'missing' ? 'extra' : is === 'extra' ? 'missing' : is,
  paths: paths.map(({ path, serving: shown, built: folded }) => ({ path, serving: shown, folded })),
  serving,
  folded: built,
});

const impossible = (why: string): AuditOutcome => ({ is: 'impossible', why });

const poisoned = ({ message, eventId, stream, revision }: ProjectionFailure): AuditOutcome =>
  impossible(`Event ${eventId} (${stream} revision ${revision}) cannot be folded: ${message}`);
