import { randomUUID } from 'node:crypto';
import { checkCommit } from './commit-check.js';
import { type Expected } from './expected.js';
import { type Proposed } from './frames.js';
import { firstVisible, type Log, maxRevision, metadataType, metastreamOf, tombstoneType } from './log.js';
import { RecentIds } from './recent-ids.js';
import { readStreamMetadata } from './stream-metadata.js';

/** What a writer is told. Revision -1: the stream has no event. */
export type Outcome =
  | { is: 'success'; revision: number; position: number | undefined }
  | { is: 'wrong version'; current: number }
  | { is: 'deleted' }
  | { is: 'refused'; why: string };

const json = (type: string, value: string): Proposed => ({
  id: randomUUID(),
  type,
  contentType: 'application/json',
  metadata: Buffer.alloc(0),
  data: Buffer.from(value),
});

const statisticsStream = '$stats-127.0.0.1:2113';

/**
 * The one lock: writes are decided one after the other, those of one turn are committed together, and each is
 * answered after it is durable and readable.
 */
export class Writer {
  private readonly recent = new RecentIds();
  private waiting: (() => () => void)[] = [];
  private sinceStatistics = Infinity;

  constructor(private readonly log: Log) {}

  append(stream: string, expected: Expected, events: readonly Proposed[]): Promise<Outcome> {
    return this.inTurn(() => this.appendNow(stream, expected, events));
  }

  /** Hides the events; the stream may begin again, behind them. */
  delete(stream: string, expected: Expected): Promise<Outcome> {
    return this.inTurn(() => {
      const verdict = checkCommit(this.log, this.recent, stream, expected, [randomUUID()]);
      if (verdict.is === 'deleted') return verdict;
      if (verdict.is !== 'append') return { is: 'wrong version', current: this.lastRevision(stream) };
      if (this.lastRevision(stream) < 0 && this.lastRevision(metastreamOf(stream)) < 0)
        return { is: 'wrong version', current: -1 };
      return this.write(metastreamOf(stream), [json(metadataType, `{"$tb":${maxRevision}}`)]);
    });
  }

  /** Ends the stream for ever. */
  tombstone(stream: string, expected: Expected): Promise<Outcome> {
    return this.inTurn(() => {
      const verdict = checkCommit(this.log, this.recent, stream, expected, [randomUUID()]);
      if (verdict.is === 'deleted') return verdict;
      if (verdict.is !== 'append') return { is: 'wrong version', current: this.lastRevision(stream) };
      return this.write(stream, [json(tombstoneType, '')]);
    });
  }

  private inTurn(decide: () => Outcome): Promise<Outcome> {
    return new Promise((resolve) => {
      if (this.waiting.length === 0)
        setImmediate(() => {
          this.turn();
        });
      this.waiting.push(() => {
        const outcome = decide();
        return () => {
          resolve(outcome);
        };
      });
    });
  }

  private turn(): void {
    const { waiting } = this;
    this.waiting = [];
    const answers = waiting.map((write) => write());
    this.log.commit();
    for (const answer of answers) answer();
  }

  private appendNow(name: string, expected: Expected, events: readonly Proposed[]): Outcome {
    const refusal = refusalOf(name, events);
    if (refusal !== undefined) return { is: 'refused', why: refusal };
    const ids = events.map(({ id }) => id);
    const verdict = checkCommit(this.log, this.recent, name, expected, ids);
    if (verdict.is === 'written before') {
      return { is: 'success', revision: verdict.last, position: this.positionOf(name, verdict.last) };
    }
    if (verdict.is !== 'append') return verdict;
    if (events.length === 0) return { is: 'success', revision: this.lastRevision(name), position: undefined };
    this.beginAgain(name);
    return this.write(name, events);
  }

  /** An append to a deleted stream shows what comes from now on. */
  private beginAgain(name: string): void {
    if (this.log.stream(name)?.truncateBefore !== Infinity) return;
    const metadata = json(metadataType, `{"$tb":${this.lastRevision(name) + 1}}`);
    this.write(metastreamOf(name), [metadata]);
  }

  private write(name: string, events: readonly Proposed[]): Outcome {
    this.writeStatistics();
    const first = this.lastRevision(name) + 1;
    const last = this.log.write(events.map((event) => ({ stream: name, event })));
    for (const [index, { id }] of events.entries())
      this.recent.add(id, { stream: name, revision: first + index });
    this.sinceStatistics += events.length;
    return { is: 'success', revision: first + events.length - 1, position: last?.position };
  }

  /** A server writes events of its own between those of its clients. */
  private writeStatistics(): void {
    if (this.sinceStatistics < 23 + (this.log.nextPosition % 29)) return;
    this.sinceStatistics = 0;
    this.log.write([{ stream: statisticsStream, event: json('$statsCollected', '{}') }]);
  }

  /** Of an event that may be read. */
  private positionOf(name: string, revision: number): number | undefined {
    const stream = this.log.stream(name);
    return stream && revision >= firstVisible(stream) ? stream.entries[revision]?.position : undefined;
  }

  private lastRevision(name: string): number {
    return (this.log.stream(name)?.entries.length ?? 0) - 1;
  }
}

const refusalOf = (name: string, events: readonly Proposed[]): string | undefined => {
  if (!name.startsWith('$$')) return undefined;
  return events
    .map(({ type, data }) =>
      type === metadataType
        ? readStreamMetadata(data).refusal
        : `Only ${metadataType} events go to ${name}; others are not implemented.`,
    )
    .find((refusal) => refusal !== undefined);
};
