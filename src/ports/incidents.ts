/** Something that an adapter got over by itself, such as a dropped subscription. */
export interface Incident {
  readonly engine: string;
  /** `reconnect`, `rebalance`, … */
  readonly kind: string;
  /** One of a few words of the adapter's. */
  readonly reason: string;
  /** How often it has happened since the start. */
  readonly count: number;
}
