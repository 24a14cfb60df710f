/** The events that a consumer group has dealt with, so that one that comes again is recognised. */
export interface Inbox {
  /** Which of the events have been dealt with. */
  seen(group: string, eventIds: readonly string[]): Promise<ReadonlySet<string>>;
  add(group: string, eventId: string): Promise<void>;
  /** Forgets what was added before this time (milliseconds since 1970). */
  forgetBefore(group: string, timestamp: number): Promise<void>;
}
