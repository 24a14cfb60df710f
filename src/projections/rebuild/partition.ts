import { type DomainEvent } from '../../kernel/decider.js';
import { type ProjectionFailure } from '../../ports/generations.js';
import { type Lease } from '../../ports/leases.js';
import { type Change, type View } from '../../ports/views.js';
import { changesOf, foldInto, type Keyed, type Working, workingOn } from '../fold.js';
import { type Projection } from '../projection.js';
import { WrittenIds } from './written-ids.js';

/** Documents in memory, over all partitions of a replay: more than are under way at a time, as a rule. */
export const mostDocuments = 4_096;

/** A write of more would keep others waiting for the storage, and this thread busy, for too long. */
const writtenAtOnce = 512;

/** A replay that finds fewer documents than these has hardly begun. */
const known = 4_096;

/** So many writes of that size are under way at once. */
const lanes = 2;

/** While those that make room are written, there may be so many times as many in memory. */
const surplus = 1.25;

/**
 * One part of a replay: folds the events of its documents in memory and writes a document when it has not changed for
 * the longest time, so that one whose events stand close together is written once. It goes on folding while it writes,
 * and can touch nothing but the documents of its view.
 */
export class Partition<Event extends DomainEvent, Doc extends object> {
  /** The least recently changed first. */
  private readonly working = new Map<string, Working<Doc>>();
  private readonly changed = new Set<string>();
  private last: Promise<unknown> = Promise.resolve();
  /** All that may be there; undefined: anything may be. */
  private written: WrittenIds | undefined;
  private begun: Promise<void> | undefined;
  /** The documents of the events whose turn it is, and of those that wait for theirs. */
  private readonly queue = new Set<ReadonlySet<string>>();
  /** They are written, and make room. */
  private leaving:
    { readonly ids: readonly string[]; readonly done: Promise<void>; under: boolean } | undefined;

  /** @param most documents that are kept in memory, about */
  constructor(
    private readonly projection: Projection<Event, Doc>,
    private readonly view: Pick<View<Doc>, 'getMany' | 'scan' | 'write'>,
    private readonly lease: Lease,
    private readonly most = mostDocuments,
  ) {}

  /** @returns the event that it cannot get past; those before it are folded. */
  apply(events: readonly Keyed<Event>[]): Promise<ProjectionFailure | undefined> {
    const ids = new Set(events.map(({ id }) => id));
    const coming = this.ahead(ids);
    // Told in its turn.
    coming.catch(() => undefined);
    return this.inTurn(async () => {
      await this.load(ids, await coming);
      const { changed, poison } = foldInto(this.projection, this.working, events);
      for (const id of changed) this.changed.add(id);
      this.queue.delete(ids);
      if (this.leaving?.under === false || this.working.size > this.most * surplus) await this.makeRoom();
      if (this.leaving === undefined && this.working.size > this.most) this.letGo();
      return poison;
    });
  }

  /** Writes what has changed. */
  flush(): Promise<void> {
    return this.inTurn(async () => {
      await this.makeRoom();
      await this.write(this.take([...this.changed]));
    });
  }

  /** Resolves when nothing is being written any more. */
  settled(): Promise<void> {
    return this.inTurn(async () => {
      await Promise.allSettled([this.leaving?.done]);
    });
  }

  /** What is asked of it while it waits for the view comes after. */
  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.last.then(work);
    this.last = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Asks for documents before the turn of their events: for those that are not in memory and that nothing in the queue
   * concerns, since those are the same then.
   */
  private async ahead(ids: ReadonlySet<string>): Promise<ReadonlyMap<string, Working<Doc>>> {
    await (this.begun ??= this.begin());
    const isQueued = (id: string): boolean => [...this.queue].some((others) => others.has(id));
    const wanted = [...ids].filter((id) => !this.working.has(id) && !isQueued(id));
    this.queue.add(ids);
    return this.fetched(wanted);
  }

  private async load(ids: ReadonlySet<string>, coming: ReadonlyMap<string, Working<Doc>>): Promise<void> {
    const missing: string[] = [];
    for (const id of ids) {
      const known = this.working.get(id) ?? coming.get(id);
      if (known === undefined) missing.push(id);
      else {
        this.working.delete(id);
        this.working.set(id, known);
      }
    }
    for (const [id, found] of await this.fetched(missing)) this.working.set(id, found);
  }

  /** For each of them what the view has of it. */
  private async fetched(ids: readonly string[]): Promise<ReadonlyMap<string, Working<Doc>>> {
    const { written } = this;
    const wanted = written === undefined ? ids : ids.filter((id) => written.mayHave(id));
    const stored = workingOn(wanted.length === 0 ? [] : await this.view.getMany(wanted));
    return new Map(ids.map((id) => [id, stored.get(id) ?? { doc: undefined, position: undefined }]));
  }

  /** What is there already is known when it is little: then nobody need ask for what is not. */
  private async begin(): Promise<void> {
    const there = await this.view.scan(undefined, known);
    if (there.length < known) {
      this.written = new WrittenIds();
      for (const { id } of there) this.written.add(id);
    }
  }

  /** Begins to write the least recently changed documents. */
  private letGo(): void {
    const tooMany = this.working.size - Math.floor(this.most * 0.75);
    const ids = [...this.working.keys()].slice(0, tooMany);
    const leaving = {
      ids,
      under: true,
      done: this.write(this.take(ids.filter((id) => this.changed.has(id)))).finally(() => {
        leaving.under = false;
      }),
    };
    // Told to whoever asks for more room.
    leaving.done.catch(() => undefined);
    this.leaving = leaving;
  }

  /** When those that leave are written, those of them that have not changed since are gone. */
  private async makeRoom(): Promise<void> {
    if (this.leaving === undefined) return;
    const { ids, done } = this.leaving;
    await done;
    for (const id of ids) if (!this.changed.has(id)) this.working.delete(id);
    this.leaving = undefined;
  }

  /** They count as written: should that fail, nothing more comes of this partition. */
  private take(ids: readonly string[]): readonly Change<Doc>[] {
    for (const id of ids) {
      this.changed.delete(id);
      this.written?.add(id);
    }
    return changesOf(this.working, ids);
  }

  private async write(changes: readonly Change<Doc>[]): Promise<void> {
    let start = 0;
    const lane = async (): Promise<void> => {
      while (start < changes.length) {
        const some = changes.slice(start, (start += writtenAtOnce));
        await this.view.write(some, null, this.lease);
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: lanes }, lane));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}
