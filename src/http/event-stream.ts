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

/** @param data one line. Made once, for however many clients it is pushed to. */
export const eventFrame = (id: string, event: string, data: string): Buffer =>
  Buffer.from(`id: ${id}\nevent: ${event}\ndata: ${data}\n\n`);

/**
 * Server-sent events to one client, each of which tells the whole state: while one is being written the newest of the
 * others waits, so that a slow client costs two at most.
 */
export class EventStream {
  private waiting: Buffer | undefined;
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
    const first = this.waiting ?? Buffer.alloc(0);
    this.waiting = undefined;
    this.write(Buffer.concat([Buffer.from(`retry: ${retryMs}\n\n`), first]));
    if (phase === 'ending') this.end();
  }

  /** May be called before it has begun. */
  push(frame: Buffer): void {
    if (this.phase === 'ending' || this.phase === 'closed') return;
    if (this.isBegun && !this.writing) {
      this.write(frame);
    } else {
      if (this.isBegun && this.waiting !== undefined) this.onSuperseded();
      this.waiting = frame;
    }
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

  private write(chunk: Buffer): void {
    this.writing = true;
    this.response.write(chunk, () => {
      this.writing = false;
      this.beatsInVain = 0;
      const next = this.waiting;
      this.waiting = undefined;
      if (next !== undefined && this.isBegun) this.write(next);
    });
  }
}
