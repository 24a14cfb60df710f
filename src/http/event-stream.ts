import { type Writable } from 'node:stream';

/** The part of a server's response that a stream needs. */
export type StreamResponse = Writable & {
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown;
};

const headers = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  // nginx would hold events back.
  'x-accel-buffering': 'no',
};

const heartbeat = Buffer.from(':\n\n');

/** After so many beats in a row without it taking anything a client is given up. */
const patienceBeats = 2;

/** A state in the form in which it is sent, made once for however many clients. */
export interface Frame {
  /** An event with its id and data. */
  readonly event: Buffer;
  /** The id alone: a client remembers it, to resume after it, and is told nothing. */
  readonly mark: Buffer;
}

/** @param data one line */
export const frameOf = (id: string, event: string, data: string): Frame => ({
  event: Buffer.from(`id: ${id}\nevent: ${event}\ndata: ${data}\n\n`),
  mark: Buffer.from(`id: ${id}\n\n`),
});

/**
 * Server-sent events to one client, each of which tells the whole state: while one is being written the newest of the
 * others waits, so that a slow client costs two at most.
 */
export class EventStream {
  private waiting: { readonly chunk: Buffer; readonly isEvent: boolean } | undefined;
  private phase: 'prepared' | 'begun' | 'ending' | 'closed' = 'prepared';
  private writing = false;
  private beatsInVain = 0;

  constructor(
    private readonly response: StreamResponse,
    private readonly onSuperseded: () => void = () => undefined,
  ) {
    this.whenClosed(() => {
      this.phase = 'closed';
      this.waiting = undefined;
    });
    // What fails is closed next.
    response.on('error', () => undefined);
  }

  get isBegun(): boolean {
    return this.phase === 'begun';
  }

  /** Calls back at once when it is closed already. */
  whenClosed(done: () => void): void {
    if (this.phase === 'closed') done();
    else this.response.once('close', done);
  }

  /** From now on the answer is a stream. @param retryMs how long the client is to wait before it connects again */
  begin(retryMs: number): void {
    const { phase } = this;
    if (phase === 'closed') return;
    this.response.writeHead(200, headers);
    this.phase = 'begun';
    const first = this.waiting?.chunk ?? Buffer.alloc(0);
    this.waiting = undefined;
    this.write(Buffer.concat([Buffer.from(`retry: ${retryMs}\n\n`), first]));
    if (phase === 'ending') this.end();
  }

  /** A new state. May come before the stream has begun. */
  push({ event }: Frame): void {
    if (this.isBegun && this.waiting?.isEvent === true) this.onSuperseded();
    this.send(event, true);
  }

  /** The state that was pushed last, under a later id. */
  move({ event, mark }: Frame): void {
    if (this.waiting?.isEvent === true) this.send(event, true);
    else this.send(mark, false);
  }

  /** @returns false when the client has not taken anything for too long, and was given up */
  beat(): boolean {
    if (this.phase !== 'begun') return true;
    if (!this.writing) {
      this.write(heartbeat);
      return true;
    }
    this.beatsInVain += 1;
    if (this.beatsInVain < patienceBeats) return true;
    this.destroy();
    return false;
  }

  /** The client connects again, here or elsewhere, and misses nothing. */
  end(): void {
    const { phase } = this;
    if (phase === 'closed') return;
    this.phase = 'ending';
    if (phase === 'begun') this.response.end();
  }

  /** As `end`, for a client that does not take even that. */
  destroy(): void {
    this.response.destroy();
  }

  private send(chunk: Buffer, isEvent: boolean): void {
    if (this.isBegun && !this.writing) this.write(chunk);
    else if (this.isBegun || this.phase === 'prepared') this.waiting = { chunk, isEvent };
  }

  private write(chunk: Buffer): void {
    this.writing = true;
    this.response.write(chunk, () => {
      this.writing = false;
      this.beatsInVain = 0;
      const next = this.waiting;
      this.waiting = undefined;
      if (next !== undefined && this.isBegun) this.write(next.chunk);
    });
  }
}
