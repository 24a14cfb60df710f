import { setTimeout as delay } from 'node:timers/promises';
import { type Position } from '../kernel/envelope.js';
import { reject, type Rejection } from '../kernel/rejection.js';
import { type View } from '../ports/views.js';

/** The token that a write answers with and a query may carry: the position of the write. */
export const consistencyToken = (position: Position): string => Buffer.from(position).toString('base64url');

export const parseConsistencyToken = (token: string): Position | Rejection<'INVALID_CONSISTENCY_TOKEN'> => {
  const position = Buffer.from(token, 'base64url').toString();
  // Positions are short printable texts, and nothing but the encoding of one decodes to one.
  return /^[\x21-\x7e]{1,100}$/.test(position) && consistencyToken(position as Position) === token
    ? (position as Position)
    : reject('INVALID_CONSISTENCY_TOKEN', 'The consistency token is not one that a write answered with.');
};

interface Waiter {
  readonly token: Position;
  readonly settle: (outcome: boolean | Error) => void;
}

/**
 * How far one view has got, for queries that must see a write. The runner in this process tells it through
 * `advanced`; while anybody waits it also asks the view, because another process may be the one that writes.
 */
export class ViewProgress {
  private readonly waiters = new Set<Waiter>();
  private reached: Position | undefined;
  private asking = false;

  constructor(
    private readonly view: Pick<View<object>, 'checkpoint'>,
    private readonly pollMs = 10,
  ) {}

  readonly advanced = (position: Position): void => {
    if (this.reached === undefined || position > this.reached) this.reached = position;
    for (const { token, settle } of this.waiters) if (this.includes(token)) settle(true);
  };

  /** false when the view has not got there in time; a view that never started has not got there. */
  waitUntil(token: Position, timeoutMs: number): Promise<boolean> {
    if (this.includes(token)) return Promise.resolve(true);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        token,
        settle: (outcome) => {
          clearTimeout(timer);
          this.waiters.delete(waiter);
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        },
      };
      const timer = setTimeout(waiter.settle, timeoutMs, false);
      this.waiters.add(waiter);
      void this.ask();
    });
  }

  private includes(token: Position): boolean {
    return this.reached !== undefined && this.reached >= token;
  }

  /** One loop, however many wait. */
  private async ask(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    while (this.waiters.size > 0) {
      try {
        const checkpoint = await this.view.checkpoint();
        if (checkpoint !== undefined) this.advanced(checkpoint);
      } catch (error) {
        const fault = error instanceof Error ? error : new Error(String(error));
        for (const { settle } of this.waiters) settle(fault);
      }
      if (this.waiters.size > 0) await delay(this.pollMs);
    }
    this.asking = false;
  }
}
