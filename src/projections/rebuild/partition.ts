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
  private begun = false;
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
    return this.inTurn(() => this.fold(events));
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

  private async fold(events: readonly Keyed<Event>[]): Promise<ProjectionFailure | undefined> {
    await this.load(events);
    const { changed, poison } = foldInto(this.projection, this.working, events);
    for (const id of changed) this.changed.add(id);
    if (this.leaving?.under === false || this.working.size > this.most * surplus) await this.makeRoom();
    if (this.leaving === undefined && this.working.size > this.most) this.letGo();
    return poison;
  }

  private async load(events: readonly Keyed<Event>[]): Promise<void> {
    await this.begin();
    const missing = new Set<string>();
    for (const { id } of events) {
      const known = this.working.get(id);
      if (known === undefined) missing.add(id);
      else {
        this.working.delete(id);
        this.working.set(id, known);
      }
    }
    const { written } = this;
    const wanted = written === undefined ? [...missing] : [...missing].filter((id) => written.mayHave(id));
    const stored = workingOn(wanted.length === 0 ? [] : await this.view.getMany(wanted));
    for (const id of missing) this.working.set(id, stored.get(id) ?? { doc: undefined, position: undefined });
  }

  /** What is there already is known when it is little: then nobody need ask for what is not. */
  private async begin(): Promise<void> {
    if (this.begun) return;
    const there = await this.view.scan(undefined, known);
    if (there.length < known) {
      this.written = new WrittenIds();
      for (const { id } of there) this.written.add(id);
    }
    this.begun = true;
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
