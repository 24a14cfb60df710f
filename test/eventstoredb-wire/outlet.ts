import { type ServerWritableStream } from '@grpc/grpc-js';
import { type CallError } from './errors.js';

/** The way out to one reader: nothing is queued beyond what the transport asks for. */
export class Outlet {
  /** The reader has left, or the call has been ended. */
  gone = false;
  /** Messages that the transport has taken. */
  taken = 0;
  /** The reader has lost its place among the live ones. */
  behind = false;
  private wake: () => void = () => undefined;

  constructor(private readonly call: ServerWritableStream<unknown, Buffer>) {
    call.on('cancelled', () => {
      this.leave();
    });
    call.on('close', () => {
      this.leave();
    });
    call.on('drain', () => {
      this.wake();
    });
  }

  /** @returns false: wait for `drained` before the next. */
  offer(frame: Buffer): boolean {
    return this.gone || this.call.write(frame, this.onTaken);
  }

  /** Until the transport asks for more, or the reader has left. */
  async drained(): Promise<void> {
    while (!this.gone && this.call.writableNeedDrain) await this.woken();
  }

  /** Until the transport asks for more, the reader has left, or `interrupt`. */
  woken(): Promise<void> {
    if (this.gone) return Promise.resolve();
    return new Promise((resolve) => (this.wake = resolve));
  }

  readonly interrupt = (): void => {
    this.wake();
  };

  end(): void {
    if (this.gone) return;
    this.leave();
    this.call.end();
  }

  fail(error: CallError): void {
    if (this.gone) return;
    this.leave();
    this.call.emit('error', error);
  }

  private readonly onTaken = (): void => {
    this.taken += 1;
  };

  private leave(): void {
    this.gone = true;
    this.wake();
  }
}
