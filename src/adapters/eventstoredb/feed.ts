import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { convertToCommandError } from '@eventstore/db-client';
import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { EndedEarly } from './errors.js';

/**
 * The messages of one call in their order, a bounded number of them in memory: while nobody takes them, the call is
 * paused, and with it the server.
 */
export class Feed {
  private queue: ReadResp[] = [];
  private failure: Error | undefined;
  private wake: () => void = () => undefined;

  constructor(
    private readonly call: ClientReadableStream<ReadResp>,
    private readonly capacity: number,
  ) {
    call
      .on('data', (message: ReadResp) => {
        this.queue.push(message);
        if (this.queue.length >= this.capacity) call.pause();
        this.wake();
      })
      .on('error', (error: Error) => {
        this.fail(convertToCommandError(error));
      })
      .on('end', () => {
        this.fail(new EndedEarly());
      });
  }

  get isEmpty(): boolean {
    return this.queue.length === 0;
  }

  /**
   * Up to so many messages, at once when there are some; none when the time is over, or it was closed.
   * @throws when the call is over and all that came before was taken.
   */
  async take(limit: number, waitMs?: number): Promise<readonly ReadResp[]> {
    if (this.isEmpty && this.failure === undefined) {
      await this.news(waitMs);
      // What the server has sent at once comes one by one.
      await nextTurn();
    }
    if (this.isEmpty && this.failure !== undefined) throw this.failure;
    const taken = this.queue.splice(0, limit);
    if (this.queue.length < this.capacity) this.call.resume();
    return taken;
  }

  close(): void {
    this.call.cancel();
    this.wake();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  private news(waitMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = waitMs === undefined ? undefined : setTimeout(resolve, waitMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
