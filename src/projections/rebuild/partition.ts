import { type DomainEvent } from '../../kernel/decider.js';
import { type ProjectionFailure } from '../../ports/generations.js';
import { type Lease } from '../../ports/leases.js';
import { type View } from '../../ports/views.js';
import { changesOf, foldInto, type Keyed, type Working, workingOn } from '../fold.js';
import { type Projection } from '../projection.js';

/** More changed documents than this are written although nobody asked for it. */
const mostChanged = 2_048;
/** So many unchanged documents are kept for the events to come. */
const mostKept = 4_096;

/**
 * One part of a replay: folds the events of its documents in memory and writes each document behind, so that one
 * whose events stand close together is written once. It can touch nothing but the documents of its view.
 */
export class Partition<Event extends DomainEvent, Doc extends object> {
  /** The least recently changed first. */
  private readonly working = new Map<string, Working<Doc>>();
  private readonly changed = new Set<string>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly projection: Projection<Event, Doc>,
    private readonly view: Pick<View<Doc>, 'getMany' | 'write'>,
    private readonly lease: Lease,
  ) {}

  /** @returns the event that it cannot get past; those before it are folded. */
  apply(events: readonly Keyed<Event>[]): Promise<ProjectionFailure | undefined> {
    return this.inTurn(() => this.fold(events));
  }

  /** Writes what has changed. */
  flush(): Promise<void> {
    return this.inTurn(() => this.write());
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
    if (this.changed.size > mostChanged) await this.write();
    return poison;
  }

  private async write(): Promise<void> {
    await this.view.write(changesOf(this.working, this.changed), null, this.lease);
    this.changed.clear();
    for (const id of this.working.keys()) {
      if (this.working.size <= mostKept) break;
      this.working.delete(id);
    }
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
}
