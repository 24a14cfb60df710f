import { type Position, type RecordedEvent } from '../kernel/envelope.js';
import { type Checkpoints } from '../ports/checkpoints.js';
import { type EventFilter, type EventStore } from '../ports/event-store.js';
import { type Lease, LeaseLost } from '../ports/leases.js';
import { follow } from './follow.js';
import { idsOf } from './log-ids.js';
import { type LeadershipOptions, type Term, whileLeading } from './leadership.js';
import { pause } from './pause.js';
import { Watermark } from './watermark.js';

/** What a service does because of committed events: it sends commands to its own aggregates. */
export interface Reaction {
  /** Names the checkpoint and the lease. */
  readonly name: string;
  readonly filter: EventFilter;
  /** Events of one key are handled in commit order, those of different keys side by side. */
  keyOf(event: RecordedEvent): string;
  /** How many events may be in hand at once; more wait. Default 5,000. */
  readonly maxInFlight?: number;
  /** May be called again for the same event after a crash or a fault. */
  react(event: RecordedEvent, signal: AbortSignal): Promise<void>;
}

export interface ReactorStatus {
  readonly name: string;
  readonly state: 'starting' | 'standby' | 'running' | 'restarting' | 'stopped';
  readonly position: Position | undefined;
  readonly inFlight: number;
  readonly reacted: number;
  /** Attempts that failed since the start; each is tried again. */
  readonly failedAttempts: number;
  /** How many events have failed and not succeeded yet. */
  readonly failing: number;
  /** Of those that are failing now. */
  readonly lastFailure: ReactionFailure | undefined;
  /** Restarts after faults of the store, the checkpoints or the leases. */
  readonly restarts: number;
}

interface ReactionFailure {
  readonly event: string;
  readonly message: string;
}

export interface ReactorDependencies extends LeadershipOptions {
  readonly store: EventStore;
  readonly checkpoints: Checkpoints;
}

const defaultMaxInFlight = 5_000;
const checkpointEveryMs = 200;

/**
 * Runs one reaction over all committed events, at least once each. The checkpoint is the position below which every
 * event is dealt with; an event that fails is tried again until it succeeds, holding back its own key only.
 */
export class Reactor {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private state: ReactorStatus['state'] = 'starting';
  private watermark = new Watermark<Position>(undefined);
  private saved: Position | undefined;
  private reacted = 0;
  private failedAttempts = 0;
  private readonly failing = new Map<string, ReactionFailure>();
  private restarts = 0;

  constructor(
    private readonly reaction: Reaction,
    private readonly deps: ReactorDependencies,
  ) {}

  start(): void {
    const office = {
      name: `reactor:${this.reaction.name}`,
      serve: (term: Term) => this.run(term),
      onStandby: () => {
        this.state = 'standby';
      },
      onFault: () => {
        this.state = 'restarting';
        this.restarts += 1;
      },
    };
    this.running = whileLeading(office, this.deps, this.stopping.signal);
  }

  /** Finishes what is in hand, saves the checkpoint and lets the lease go. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    this.state = 'stopped';
  }

  get status(): ReactorStatus {
    const { state, reacted, failedAttempts, restarts } = this;
    const { position, inFlight } = this.watermark;
    return {
      name: this.reaction.name,
      state,
      position,
      inFlight,
      reacted,
      failedAttempts,
      failing: this.failing.size,
      lastFailure: [...this.failing.values()].at(-1),
      restarts,
    };
  }

  private async run({ lease, signal: term, goesWell }: Term): Promise<void> {
    const { store, checkpoints } = this.deps;
    const { name, filter, maxInFlight = defaultMaxInFlight } = this.reaction;
    this.saved = await checkpoints.load(name);
    this.watermark = new Watermark(this.saved);
    this.state = 'running';
    let freed = (): void => undefined;
    const inHand = new Set<Promise<void>>();
    const tails = new Map<string, Promise<void>>();
    // A fault must also end the attempts at events that fail again and again, or nothing would start again.
    const over = new AbortController();
    const signal = AbortSignal.any([term, over.signal]);
    const saving = this.keepSaving(lease, over, signal);
    try {
      for await (const { events, position } of follow(
        store,
        { from: this.saved ?? 'start', filter },
        signal,
      )) {
        for (const event of events) {
          while (inHand.size >= maxInFlight) {
            await new Promise<void>((resolve) => {
              freed = resolve;
            });
          }
          const key = this.reaction.keyOf(event);
          const done = this.watermark.begin(event.position);
          const task = (tails.get(key) ?? Promise.resolve())
            .then(() => this.untilDone(event, signal))
            .then((succeeded) => {
              if (succeeded) done();
            })
            .finally(() => {
              inHand.delete(task);
              freed();
              if (tails.get(key) === task) tails.delete(key);
            });
          inHand.add(task);
          tails.set(key, task);
        }
        this.watermark.begin(position)();
        goesWell();
      }
    } finally {
      over.abort();
      await Promise.all(inHand);
      await saving;
    }
    await this.save(lease);
  }

  private async keepSaving(lease: Lease, over: AbortController, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(checkpointEveryMs, signal);
      try {
        await this.save(lease);
      } catch (error) {
        if (error instanceof LeaseLost) over.abort();
        const { name: reaction } = this.reaction;
        this.deps.logger.warn({ err: error, reaction }, 'The checkpoint could not be saved yet');
      }
    }
  }

  private async save(lease: Lease): Promise<void> {
    const { position } = this.watermark;
    if (position === undefined || position === this.saved) return;
    await this.deps.checkpoints.save(this.reaction.name, position, lease);
    this.saved = position;
  }

  /** false when the reactor was stopped before the event could be dealt with. */
  private async untilDone(event: RecordedEvent, signal: AbortSignal): Promise<boolean> {
    const stopped = (): boolean => signal.aborted;
    try {
      for (let attempt = 1; !stopped(); attempt += 1) {
        try {
          await this.reaction.react(event, signal);
          this.reacted += 1;
          return true;
        } catch (error) {
          if (stopped()) return false;
          this.reportFailure(event, attempt, error);
          await pause(Math.min(20 * 2 ** attempt, 30_000), signal);
        }
      }
      return false;
    } finally {
      this.failing.delete(event.id);
    }
  }

  private reportFailure(
    { type, stream, revision, id, metadata }: RecordedEvent,
    attempt: number,
    error: unknown,
  ): void {
    const { name: reaction } = this.reaction;
    this.failedAttempts += 1;
    this.failing.delete(id);
    this.failing.set(id, { event: `${type} ${stream}@${revision}`, message: String(error) });
    this.deps.logger.error(
      { err: error, ...idsOf(metadata), reaction, type, stream, revision, eventId: id, attempt },
      `${reaction} could not deal with ${type} (${stream} revision ${revision}); trying again`,
    );
  }
}
