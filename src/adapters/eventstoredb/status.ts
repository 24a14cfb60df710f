import { type Passing } from './errors.js';

/** What has happened since the start that nobody was told of because it was dealt with. */
export interface Status {
  /** Subscriptions that were dropped and went on, by reason. */
  readonly reconnects: Readonly<Record<Passing, number>>;
  /** Appends and reads that were sent again, by what had failed. */
  readonly retries: Readonly<Record<Passing, number>>;
  /** Events of $all that this system did not write; subscriptions leave them out. */
  readonly foreignEvents: number;
}

const none = (): Record<Passing, number> => ({
  unavailable: 0,
  'not-leader': 0,
  'too-slow': 0,
  cancelled: 0,
  'no-answer': 0,
  ended: 0,
  unknown: 0,
});

export class Counters {
  readonly reconnects = none();
  readonly retries = none();
  foreignEvents = 0;

  snapshot(): Status {
    const { reconnects, retries, foreignEvents } = this;
    return { reconnects: { ...reconnects }, retries: { ...retries }, foreignEvents };
  }
}
