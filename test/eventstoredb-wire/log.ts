import { eventFrame, eventOf, type Proposed } from './frames.js';
import { Journal, type Write } from './journal.js';
import { readStreamMetadata } from './stream-metadata.js';

/** An event as it is kept: what it is found by, and the message that is sent, encoded once for all readers. */
export interface Entry {
  readonly stream: string;
  readonly id: string;
  readonly type: string;
  readonly position: number;
  readonly frame: Buffer;
}

export interface Stream {
  readonly name: string;
  /** By revision. A tombstone is not among them. */
  readonly entries: Entry[];
  /** Older revisions are hidden; Infinity: the stream is deleted and may begin again. */
  truncateBefore: number;
  tombstone: Entry | undefined;
}

/** $tb of a deleted stream, and the revision of a tombstone: the greatest int64. */
export const maxRevision = '9223372036854775807';
export const metadataType = '$metadata';
export const tombstoneType = '$streamDeleted';
export const linkType = '$>';
export const metastreamOf = (stream: string): string => `$$${stream}`;

// Positions are byte offsets in a real log: far above 0 when the first event comes, and never dense.
const firstPosition = 7_321;
const recordOverhead = 132;
const afterFrame = (position: number, frame: Buffer): number =>
  position + recordOverhead + frame.length + (position % 61);

/** All events in the order of their commit, and an index by stream. */
export class Log {
  readonly entries: Entry[] = [];
  /** Where the next event will be. */
  nextPosition = firstPosition;
  private readonly streams = new Map<string, Stream>();
  private readonly listeners = new Set<() => void>();
  private readonly journal: Journal | undefined;
  private unwritten: Write[] = [];

  constructor(path?: string) {
    this.journal =
      path === undefined
        ? undefined
        : new Journal(path, (write) => {
            for (const frame of write) this.replay(frame);
          });
  }

  stream(name: string): Stream | undefined {
    return this.streams.get(name);
  }

  /** The first entry at or after the position; the length of the log if there is none. */
  indexOf(position: number): number {
    let [low, high] = [0, this.entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.entries[middle]?.position ?? Infinity) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Adds one atomic write. It is committed, and may be shown, after `commit`. @returns the last entry */
  write(events: readonly { stream: string; event: Proposed }[]): Entry | undefined {
    const written = events.map(({ stream, event }) => {
      const revision =
        event.type === tombstoneType ? maxRevision : String(this.streams.get(stream)?.entries.length ?? 0);
      const position = this.nextPosition;
      const frame = eventFrame({ ...event, stream, revision, position }, Date.now());
      const entry: Entry = { stream, id: event.id, type: event.type, position, frame };
      this.add(entry, event.data);
      return entry;
    });
    this.unwritten.push(written.map(({ frame }) => frame));
    return written.at(-1);
  }

  /** Makes what was written since the last time durable, then known to those who listen. */
  commit(): void {
    if (this.unwritten.length === 0) return;
    this.journal?.append(this.unwritten);
    this.unwritten = [];
    for (const listener of this.listeners) listener();
  }

  /** @returns how to stop listening */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.journal?.close();
  }

  private replay(frame: Buffer): void {
    const { stream, id, type, position, data } = eventOf(frame);
    this.add({ stream, id, type, position, frame }, data);
  }

  private add(entry: Entry, data: Uint8Array): void {
    this.entries.push(entry);
    this.nextPosition = afterFrame(entry.position, entry.frame);
    const stream = this.streamFor(entry.stream);
    if (entry.type === tombstoneType) stream.tombstone = entry;
    else stream.entries.push(entry);
    if (entry.type === metadataType && entry.stream.startsWith('$$'))
      this.streamFor(entry.stream.slice(2)).truncateBefore = readStreamMetadata(data).truncateBefore;
  }

  private streamFor(name: string): Stream {
    const known = this.streams.get(name);
    if (known) return known;
    const stream: Stream = { name, entries: [], truncateBefore: 0, tombstone: undefined };
    this.streams.set(name, stream);
    return stream;
  }
}

/** The first revision that readers see. A metastream keeps only its last event ($maxCount 1). */
export const firstVisible = (stream: Stream): number =>
  stream.name.startsWith('$$') ? Math.max(0, stream.entries.length - 1) : stream.truncateBefore;

/** Whether there is anything by that name to read. */
export const exists = (stream: Stream | undefined): stream is Stream =>
  stream !== undefined && stream.entries.length > 0 && stream.truncateBefore !== Infinity;
