import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as {
  readonly prototype: RequestQueue;
};
const schedule = Object.getOwnPropertyDescriptor(prototype, 'scheduleCheckPendingRequests')?.value as
  RequestQueue['scheduleCheckPendingRequests'] | undefined;
if (schedule === undefined) throw new Error('kafkajs is not the version that this adapter was written for.');

/**
 * kafkajs 2.2.4 looks for requests that were held back every millisecond, on every connection and for ever, with a
 * negative time that Node warns of: 3 % of a processor for a member of a group that does nothing. Whoever holds one back
 * asks for it again.
 */
prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.pending.length > 0) schedule.call(this);
};
