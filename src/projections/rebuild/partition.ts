import { type DomainEvent } from '../../kernel/decider.js';
import { type ProjectionFailure } from '../../ports/generations.js';
import { type Lease } from '../../ports/leases.js';
import { type View } from '../../ports/views.js';
import { changesOf, foldInto, type Keyed, type Working, workingOn } from '../fold.js';
import { type Projection } from '../projection.js';

/** Documents in memory, over all partitions of a replay: more than are under way at a time, as a rule. */
export const mostDocuments = 4_096;

/** A write of more would keep others waiting for the storage, and this thread busy, for too long. */
const writtenAtOnce = 512;

/**
 * One part of a replay: folds the events of its documents in memory and writes a document when it has not changed for
 * the longest time, so that one whose events stand close together is written once. It can touch nothing but the
 * documents of its view.
 */
export class Partition<Event extends DomainEvent, Doc extends object> {
  /** The least recently changed first. */
  private readonly working = new Map<string, Working<Doc>>();
  private readonly changed = new Set<string>();
  private last: Promise<unknown> = Promise.resolve();

  /** @param most documents that are kept in memory */
  constructor(
    private readonly projection: Projection<Event, Doc>,
    private readonly view: Pick<View<Doc>, 'getMany' | 'write'>,
    private readonly lease: Lease,
    private readonly most = mostDocuments,
  ) {}

  /** @returns the event that it cannot get past; those before it are folded. */
  apply(events: readonly Keyed<Event>[]): Promise<ProjectionFailure | undefined> {
    return this.inTurn(() => this.fold(events));
  }

  /** Writes what has changed. */
  flush(): Promise<void> {
    return this.inTurn(() => this.write([...this.changed]));
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
    if (this.working.size > this.most) await this.makeRoom();
    return poison;
  }

  private async load(events: readonly Keyed<Event>[]): Promise<void> {
    const missing = new Set<string>();
    for (const { id } of events) {
      const known = this.working.get(id);
      if (known === undefined) missing.add(id);
      else {
        this.working.delete(id);
        this.working.set(id, known);
      }
    }
    if (missing.size === 0) return;
    const stored = workingOn(await this.view.getMany([...missing]));
    for (const id of missing) this.working.set(id, stored.get(id) ?? { doc: undefined, position: undefined });
  }

  private async makeRoom(): Promise<void> {
    const tooMany = this.working.size - Math.floor(this.most * 0.75);
    const oldest = [...this.working.keys()].slice(0, tooMany);
    await this.write(oldest.filter((id) => this.changed.has(id)));
    for (const id of oldest) this.working.delete(id);
  }

  private async write(ids: readonly string[]): Promise<void> {
    for (let start = 0; start < ids.length; start += writtenAtOnce) {
      const some = ids.slice(start, start + writtenAtOnce);
      await this.view.write(changesOf(this.working, some), null, this.lease);
      for (const id of some) this.changed.delete(id);
    }
  }
}
