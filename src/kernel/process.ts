import { type Aggregate, type DomainEvent } from './decider.js';
import { type Instant } from './envelope.js';

/**
 * A long-running process (saga): an aggregate whose commands are the facts it observes and whose events are the
 * steps it orders. A step is a command to another service, written down: it is committed together with the
 * process's state, so neither can be lost or doubled without the other.
 */
export interface Process<
  Observed extends DomainEvent,
  Command,
  Step extends DomainEvent,
  State,
> extends Aggregate<Command, Step, State> {
  /** Which instance the fact concerns and what it means to it when seen now; undefined when it means nothing. */
  observe(fact: Observed, now: Instant): { readonly id: string; readonly command: Command } | undefined;
}
