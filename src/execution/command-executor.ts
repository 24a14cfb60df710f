import { randomUUID } from 'node:crypto';
import { type Aggregate, type DomainEvent } from '../kernel/decider.js';
import { type NewEvent, type Position } from '../kernel/envelope.js';
import { streamOf } from '../kernel/ids.js';
import { isRejection, reject, type Rejection } from '../kernel/rejection.js';
import { type Clock } from '../ports/clock.js';
import { ConcurrencyConflict, type EventStore } from '../ports/event-store.js';
import { AggregateReader } from './aggregate-reader.js';
import { type CommandContext } from './command-context.js';
import { type CommandRecord, type StreamState } from './stream-cache.js';

export interface Accepted<Event extends DomainEvent, State> {
  /** What the command led to; empty when there was nothing to do. */
  readonly events: readonly Event[];
  /** The aggregate right after the command. */
  readonly state: State;
  /** -1 when the stream is still absent. */
  readonly revision: number;
  readonly position: Position | undefined;
  /** The command had been carried out before: this is the first answer again. */
  readonly repeated: boolean;
}

export type ExecutionRejection = Rejection<'IDEMPOTENCY_KEY_REUSED' | 'REVISION_MISMATCH'>;

export type Outcome<Event extends DomainEvent, State, Refusal extends Rejection> =
  Accepted<Event, State> | Refusal | ExecutionRejection;

/** The stream kept moving: every attempt to append lost against another writer. Nothing was written; try again. */
export class Contention extends Error {
  constructor(stream: string, attempts: number) {
    super(
      `Stream ${stream} was changed by others during each of ${attempts} attempts. Send the command again.`,
    );
    this.name = 'Contention';
  }
}

export interface CommandMessage<Command> {
  /** Of the aggregate. */
  readonly id: string;
  readonly command: Command;
  readonly context: CommandContext;
}

export interface ExecutorOptions {
  /** How often a batch is decided before it gives up with Contention. */
  readonly attempts?: number;
  /** The most commands in one append. */
  readonly batchSize?: number;
  /** How many events' worth of folded streams are kept in memory. */
  readonly cacheWeight?: number;
}

interface Request<Command, Event extends DomainEvent, State, Refusal extends Rejection> {
  readonly command: Command;
  readonly context: CommandContext;
  readonly resolve: (outcome: Outcome<Event, State, Refusal>) => void;
  readonly reject: (fault: unknown) => void;
}

/** A fold in the making: what the stream will be when the batch is appended. */
interface Plan<Command, Event extends DomainEvent, State, Refusal extends Rejection> {
  state: State;
  revision: number;
  readonly events: NewEvent[];
  readonly commands: Map<string, CommandRecord>;
  /** What each request is answered when the batch has been appended. */
  readonly answers: ((position: Position | undefined) => void)[];
  readonly accepted: Map<string, Omit<Accepted<Event, State>, 'position' | 'repeated'>>;
  /** Requests that were carried out before this batch. */
  readonly repeats: {
    readonly request: Request<Command, Event, State, Refusal>;
    readonly record: CommandRecord;
  }[];
}

/**
 * Carries out the commands of one kind of aggregate: load, decide, append. Commands to one stream queue up; those
 * that arrive while an append is under way are decided one after another and appended as one batch.
 */
export class CommandExecutor<Command, Event extends DomainEvent, State, Refusal extends Rejection> {
  private readonly queues = new Map<string, Request<Command, Event, State, Refusal>[]>();
  private readonly reader: AggregateReader<Event, State>;
  private readonly attempts: number;
  private readonly batchSize: number;

  constructor(
    private readonly aggregate: Aggregate<Command, Event, State, Refusal>,
    private readonly store: EventStore,
    private readonly clock: Clock,
    { attempts = 10, batchSize = 256, cacheWeight }: ExecutorOptions = {},
  ) {
    this.reader = new AggregateReader(aggregate, store, cacheWeight);
    this.attempts = attempts;
    this.batchSize = batchSize;
  }

  execute({ id, command, context }: CommandMessage<Command>): Promise<Outcome<Event, State, Refusal>> {
    const stream = streamOf(this.aggregate.category, id);
    return new Promise((resolve, rejectPromise) => {
      const request = { command, context, resolve, reject: rejectPromise };
      const queue = this.queues.get(stream);
      if (queue !== undefined) {
        queue.push(request);
        return;
      }
      const opened = [request];
      this.queues.set(stream, opened);
      void this.drain(stream, opened);
    });
  }

  /** The aggregate as of now. */
  load(id: string): Promise<StreamState<State>> {
    return this.reader.load(id);
  }

  private async drain(stream: string, queue: Request<Command, Event, State, Refusal>[]): Promise<void> {
    // Those that arrive together with the first share its batch.
    await Promise.resolve();
    while (queue.length > 0) {
      const batch = queue.splice(0, this.batchSize);
      try {
        await this.carryOut(stream, batch);
      } catch (fault) {
        for (const request of batch) request.reject(fault);
      }
    }
    this.queues.delete(stream);
  }

  private async carryOut(
    stream: string,
    batch: readonly Request<Command, Event, State, Refusal>[],
  ): Promise<void> {
    // What is not remembered is most often new: the append finds out, as it finds out a stale memory.
    let before = this.reader.remembered(stream) ?? this.reader.absent();
    for (let attempt = 1; attempt <= this.attempts; attempt += 1) {
      const plan = this.decide(stream, before, batch);
      const position = await this.commit(stream, before, plan);
      if (position !== 'stale') {
        for (const answer of plan.answers) answer(position);
        if (plan.repeats.length > 0) await this.answerAgain(stream, plan.repeats);
        return;
      }
      before = await this.reader.refresh(stream, before);
    }
    throw new Contention(stream, this.attempts);
  }

  /** The position of the stream's last event, or 'stale' when the plan was made on an outdated state. */
  private async commit(
    stream: string,
    before: StreamState<State>,
    plan: Plan<Command, Event, State, Refusal>,
  ): Promise<Position | undefined | 'stale'> {
    if (plan.events.length === 0) {
      // No append will prove that the state was current, so look.
      const now = await this.reader.refresh(stream, before);
      return now.revision === before.revision ? now.position : 'stale';
    }
    try {
      const expected = before.revision < 0 ? 'absent' : before.revision;
      const { position } = await this.store.append(stream, expected, plan.events);
      for (const [id, record] of plan.commands) before.commands.set(id, record);
      const { state, revision } = plan;
      this.reader.remember(stream, { state, revision, position, commands: before.commands });
      return position;
    } catch (error) {
      if (error instanceof ConcurrencyConflict) return 'stale';
      // It may have been written or not: whoever relies on what is remembered finds out, as after a conflict.
      throw error;
    }
  }

  private decide(
    stream: string,
    before: StreamState<State>,
    batch: readonly Request<Command, Event, State, Refusal>[],
  ): Plan<Command, Event, State, Refusal> {
    const plan: Plan<Command, Event, State, Refusal> = {
      state: before.state,
      revision: before.revision,
      events: [],
      commands: new Map(),
      answers: [],
      accepted: new Map(),
      repeats: [],
    };
    const occurredAt = this.clock.now();
    for (const request of batch) {
      try {
        this.decideOne(stream, before, plan, request, occurredAt);
      } catch (fault) {
        plan.answers.push(() => {
          request.reject(fault);
        });
      }
    }
    return plan;
  }

  private decideOne(
    stream: string,
    before: StreamState<State>,
    plan: Plan<Command, Event, State, Refusal>,
    request: Request<Command, Event, State, Refusal>,
    occurredAt: string,
  ): void {
    const { command, context, resolve } = request;
    const { commandId, requestHash, ifMatch } = context;
    const refuse = (refusal: Refusal | ExecutionRejection): void => {
      plan.answers.push(() => {
        resolve(refusal);
      });
    };
    const record = plan.commands.get(commandId) ?? before.commands.get(commandId);
    if (record !== undefined) {
      const accepted = plan.accepted.get(commandId);
      if (record.requestHash !== requestHash) refuse(keyReused());
      else if (accepted === undefined) plan.repeats.push({ request, record });
      else
        plan.answers.push((position) => {
          resolve({ ...accepted, position, repeated: true });
        });
      return;
    }
    if (ifMatch !== undefined && ifMatch !== plan.revision) {
      refuse(revisionMismatch(stream, ifMatch, plan.revision));
      return;
    }
    const { decider, events: versions } = this.aggregate;
    const decided = decider.decide(command, plan.state);
    if (isRejection(decided)) {
      refuse(decided);
      return;
    }
    const state = this.reader.fold(plan.state, decided);
    const metadata = metadataOf(context, occurredAt);
    const events = decided.map(({ type, data }) => {
      const { current: version } = versions[type as Event['type']];
      return { id: randomUUID(), type, version, data, metadata };
    });
    // From here on nothing can throw: a plan holds all of a command or nothing.
    const first = plan.revision + 1;
    const last = plan.revision + decided.length;
    const accepted = { events: decided, state, revision: last };
    plan.events.push(...events);
    plan.state = state;
    plan.revision = last;
    if (decided.length > 0) {
      plan.commands.set(commandId, { first, last, requestHash });
      plan.accepted.set(commandId, accepted);
    }
    plan.answers.push((position) => {
      resolve({ ...accepted, position, repeated: false });
    });
  }

  /** What the commands were answered the first time, from one reading of the stream, which may be long. */
  private async answerAgain(
    stream: string,
    repeats: Plan<Command, Event, State, Refusal>['repeats'],
  ): Promise<void> {
    const oldestFirst = repeats.toSorted((a, b) => a.record.last - b.record.last);
    const history = await this.reader.history(stream, oldestFirst.at(-1)?.record.last ?? -1);
    const events = history.map(({ event }) => event);
    let state = this.aggregate.decider.initial;
    let folded = 0;
    for (const { request, record } of oldestFirst) {
      const { first, last: revision } = record;
      state = this.reader.fold(state, events.slice(folded, revision + 1));
      folded = revision + 1;
      request.resolve({
        events: events.slice(first, revision + 1),
        state,
        revision,
        position: history[revision]?.position,
        repeated: true,
      });
    }
  }
}

const metadataOf = (context: CommandContext, occurredAt: string): NewEvent['metadata'] => ({
  correlationId: context.correlationId,
  causationId: context.causationId,
  commandId: context.commandId,
  ...(context.requestHash === undefined ? {} : { requestHash: context.requestHash }),
  actor: context.actor,
  occurredAt,
  ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
});

const keyReused = (): ExecutionRejection =>
  reject(
    'IDEMPOTENCY_KEY_REUSED',
    'This Idempotency-Key was used before for another request to this resource, or personal data in that request has been ' +
      'forgotten since. Use a new key for a new request.',
    'Idempotency-Key',
  );

const revisionMismatch = (stream: string, seen: number, actual: number): ExecutionRejection =>
  reject(
    'REVISION_MISMATCH',
    actual < 0
      ? `If-Match names revision ${seen}, but ${stream} is not there yet. Leave If-Match out to make it.`
      : `If-Match names revision ${seen}, but ${stream} is at revision ${actual}. Read it again and decide anew.`,
    'If-Match',
  );
