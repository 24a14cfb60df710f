import { createRequire } from 'node:module';

/** How kafkajs makes something of an answer. */
export interface WireResponse<Answer> {
  decode(raw: Buffer): Promise<unknown>;
  /** @throws KafkaJSProtocolError for the first error code in it */
  parse(decoded: unknown): Promise<Answer>;
}

export interface ProduceAnswer {
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly { readonly partition: number; readonly baseOffset: string }[];
  }[];
}

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

// Parts of kafkajs 2.2.4 that it does not show; package.json names that version exactly.
const require = createRequire(import.meta.url);
const { prototype: queue } = require('kafkajs/src/network/requestQueue/index.js') as {
  readonly prototype: RequestQueue;
};
export const produceResponse =
  require('kafkajs/src/protocol/requests/produce/v7/response.js') as WireResponse<ProduceAnswer>;

interface Socketed {
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
}

const { prototype: connection } = require('kafkajs/src/network/connection.js') as {
  readonly prototype: Socketed;
};
const own = <Part, Name extends keyof Part>(prototype: Part, name: Name): Part[Name] | undefined =>
  Object.getOwnPropertyDescriptor(prototype, name)?.value as Part[Name] | undefined;
const schedule = own(queue, 'scheduleCheckPendingRequests');
const [connect, disconnect] = [own(connection, 'connect'), own(connection, 'disconnect')];

if (schedule === undefined || connect === undefined || disconnect === undefined)
  throw new Error('kafkajs is not the version that this adapter was written for.');

/**
 * It looks for requests that were held back every millisecond, on every connection and for ever, with a negative time
 * that Node warns of: 3 % of a processor for a member of a group that does nothing. Whoever holds one back asks for it
 * again.
 */
queue.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.pending.length > 0) schedule.call(this);
};

/** Two that need a connection at the same time make two sockets, of which it forgets one, open: they share one instead. */
const connecting = new WeakMap<Socketed, Promise<unknown>>();
connection.connect = function (this: Socketed): Promise<unknown> {
  const known = connecting.get(this);
  if (known !== undefined) return known;
  const made = connect.call(this).finally(() => {
    if (connecting.get(this) === made) connecting.delete(this);
  });
  connecting.set(this, made);
  return made;
};
connection.disconnect = function (this: Socketed): Promise<unknown> {
  connecting.delete(this);
  return disconnect.call(this);
};
