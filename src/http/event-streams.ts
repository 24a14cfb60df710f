import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { LOGGER } from '../execution/tokens.js';
import { type Logger } from '../ports/logger.js';
import { type Caller } from './caller.js';
import { EventStream, type StreamResponse } from './event-stream.js';

export const EVENT_STREAM_SETTINGS = Symbol('Settings of event streams');

export interface EventStreamSettings {
  /** The most that are open at a time. */
  readonly most: number;
  /** The most of one caller who says who he is. Default: all. */
  readonly mostOfOne?: number;
  /** Between two heartbeats of one stream. Default 15 s. */
  readonly beatMs?: number;
  /** How long clients may take, when the process stops, to take notice. Default 1 s. */
  readonly graceMs?: number;
}

export interface EventStreamsStatus {
  readonly open: number;
  /** Since the start: states that were replaced by newer ones before a slow client took them. */
  readonly superseded: number;
  /** Since the start: streams whose client took nothing for so long that they were closed. */
  readonly stalled: number;
  /** Since the start: refused because there were too many. */
  readonly refused: number;
}

/** There is no stream to be had here now. */
export class StreamRefused extends Error {
  constructor(
    readonly code: 'TOO_MANY_STREAMS' | 'STOPPING',
    message: string,
    readonly retryAfterSeconds: number,
  ) {
    super(message);
    this.name = 'StreamRefused';
  }
}

/** A beat is spread over so many turns of one timer, so that thousands of streams do not hold up everything else. */
const turns = 15;

/** Clients that lose their connections together come back one by one within this. */
const retryMs = { from: 1_000, to: 5_000 } as const;

/** The event streams of this process: not too many, kept alive, and ended before the process does. */
@Injectable()
export class EventStreams implements OnModuleDestroy {
  private readonly streams = new Map<EventStream, number>();
  private readonly ofCallers = new Map<string, number>();
  private readonly counts = { superseded: 0, stalled: 0, refused: 0 };
  private timer: NodeJS.Timeout | undefined;
  private turn = 0;
  private opened = 0;
  private refusedLately = 0;
  private stopping = false;

  constructor(
    @Inject(EVENT_STREAM_SETTINGS) private readonly settings: EventStreamSettings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  get status(): EventStreamsStatus {
    return { open: this.streams.size, ...this.counts };
  }

  /**
   * Has its place until the response closes, whether it becomes a stream or not.
   * @param caller whose it is: until when he may listen, and by what name; undefined: anybody's, for ever
   * @throws StreamRefused
   */
  admit(response: StreamResponse, { expiresAt, keys: name }: Partial<Caller> = {}): EventStream {
    if (this.stopping) throw new StreamRefused('STOPPING', 'This process is stopping. Connect again.', 1);
    const { most, mostOfOne = most, beatMs = 15_000 } = this.settings;
    this.timer ??= setInterval(() => {
      this.beat();
    }, beatMs / turns).unref();
    if (this.streams.size >= most) {
      throw this.tooMany(`All ${most} streams of this process are taken. Connect again later`);
    }
    const own = name === undefined ? 0 : (this.ofCallers.get(name) ?? 0);
    if (own >= mostOfOne) {
      throw this.tooMany(`${mostOfOne} streams of this process are yours already. Close one`);
    }
    const stream = new EventStream(response, () => (this.counts.superseded += 1));
    this.streams.set(stream, this.opened++ % turns);
    stream.whenClosed(() => this.streams.delete(stream));
    if (name !== undefined) {
      this.ofCallers.set(name, own + 1);
      stream.whenClosed(() => {
        this.forget(name);
      });
    }
    if (expiresAt !== undefined) endAt(expiresAt, stream);
    return stream;
  }

  begin(stream: EventStream): void {
    stream.begin(Math.round(retryMs.from + Math.random() * (retryMs.to - retryMs.from)));
    if (this.stopping) stream.end();
  }

  /** Ends all streams. A client that does not take the end of its own is cut off. */
  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    const begun = [...this.streams.keys()].filter(({ isBegun }) => isBegun);
    const closed = begun.map(
      (stream) =>
        new Promise<void>((resolve) => {
          stream.whenClosed(resolve);
        }),
    );
    for (const stream of begun) stream.end();
    const cutOff = setTimeout(() => {
      for (const stream of begun) stream.destroy();
    }, this.settings.graceMs ?? 1_000);
    await Promise.all(closed);
    clearTimeout(cutOff);
  }

  private tooMany(why: string): StreamRefused {
    this.counts.refused += 1;
    this.refusedLately += 1;
    return new StreamRefused('TOO_MANY_STREAMS', `${why}, or read without a stream.`, 5);
  }

  private forget(name: string): void {
    const own = (this.ofCallers.get(name) ?? 0) - 1;
    if (own > 0) this.ofCallers.set(name, own);
    else this.ofCallers.delete(name);
  }

  private beat(): void {
    this.turn = (this.turn + 1) % turns;
    let stalled = 0;
    for (const [stream, turn] of this.streams) if (turn === this.turn && !stream.beat()) stalled += 1;
    this.counts.stalled += stalled;
    if (stalled > 0) {
      this.logger.warn(
        { ...this.status, stalled },
        'Streams were closed whose clients took nothing for long',
      );
    }
    if (this.refusedLately > 0) {
      this.logger.warn(
        { ...this.status, refused: this.refusedLately },
        'Streams were refused: too many are open',
      );
      this.refusedLately = 0;
    }
    if (this.streams.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

/** The most that a timer of Node's can wait. */
const longestTimerMs = 2 ** 31 - 1;

const endAt = (instant: number, stream: EventStream): void => {
  const timer = setTimeout(
    () => {
      stream.end();
    },
    Math.min(Math.max(instant - Date.now(), 0), longestTimerMs),
  );
  timer.unref();
  stream.whenClosed(() => {
    clearTimeout(timer);
  });
};
