import { type Logger } from '../../ports/logger.js';

export type IncidentKind =
  'reconnect' | 'reconnected' | 'rebalance' | 'expelled' | 'producer-discarded' | 'skipped';

/** How often each happened, by its reason. */
export type IncidentCounts = Readonly<Partial<Record<IncidentKind, Readonly<Record<string, number>>>>>;

/** What the adapter gets over by itself: counted and logged, with its reason. */
export class Incidents {
  private readonly counts = new Map<IncidentKind, Map<string, number>>();

  constructor(private readonly logger: Logger) {}

  note(kind: IncidentKind, reason: string, fields: object, message: string): void {
    const count = this.count(kind, reason);
    const level = kind === 'rebalance' || kind === 'reconnected' ? 'info' : 'warn';
    this.logger[level]({ ...fields, kind, reason, count }, message);
  }

  /** What has been logged already and goes on. @returns how often it has happened */
  count(kind: IncidentKind, reason: string): number {
    const reasons = this.counts.get(kind) ?? new Map<string, number>();
    this.counts.set(kind, reasons);
    const count = (reasons.get(reason) ?? 0) + 1;
    reasons.set(reason, count);
    return count;
  }

  get all(): IncidentCounts {
    return Object.fromEntries([...this.counts].map(([kind, reasons]) => [kind, Object.fromEntries(reasons)]));
  }
}
