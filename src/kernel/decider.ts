import { type Rejection } from './rejection.js';

/** A fact in the past tense. `data` is plain JSON. */
export interface DomainEvent {
  readonly type: string;
  readonly data: object;
}

/**
 * The whole of an aggregate's behaviour as three pure values (Chassaing, "Functional Event Sourcing Decider").
 * Time, ids and prices come in with the command. A repeated command decides nothing: `[]`. `evolve` is total.
 */
export interface Decider<Command, Event extends DomainEvent, State, Refusal extends Rejection = Rejection> {
  readonly initial: State;
  decide(command: Command, state: State): readonly Event[] | Refusal;
  evolve(state: State, event: Event): State;
}

/** Where a decider's events live (`<category>-<id>`) and which versions of them it reads. */
export interface Aggregate<Command, Event extends DomainEvent, State, Refusal extends Rejection = Rejection> {
  readonly category: string;
  readonly events: EventVersions<Event>;
  readonly decider: Decider<Command, Event, State, Refusal>;
}

/** For every event type the version written today, and how each older one becomes the next. */
export type EventVersions<Event extends DomainEvent> = {
  readonly [Type in Event['type']]: EventVersion;
};

export interface EventVersion {
  readonly current: number;
  /** `upcasters[n]` turns the data of version n into that of version n + 1. */
  readonly upcasters?: Readonly<Record<number, (data: never) => object>>;
}

export const fold = <Event extends DomainEvent, State>(
  decider: Pick<Decider<never, Event, State>, 'initial' | 'evolve'>,
  events: readonly Event[],
): State => events.reduce((state, event) => decider.evolve(state, event), decider.initial);
