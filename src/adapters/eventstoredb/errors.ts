import { status } from '@grpc/grpc-js';
import {
  AccessDeniedError,
  CancelledError,
  convertToCommandError,
  DeadlineExceededError,
  MaxAppendSizeExceededError,
  NotLeaderError,
  StreamDeletedError,
  TimeoutError,
  UnavailableError,
  UnknownError,
} from '@eventstore/db-client';
import { OutcomeUnknown, StorageUnavailable } from '../../ports/storage.js';

export class Closed extends Error {
  constructor() {
    super('The connection to EventStoreDB is closed.');
    this.name = 'Closed';
  }
}

/** Nothing came from the server for as long as this side waits. */
export class NoAnswer extends Error {
  constructor(ms: number) {
    super(`EventStoreDB did not answer within ${ms} ms`);
    this.name = 'NoAnswer';
  }
}

/** The server ended a call that had not got its answer yet. */
export class EndedEarly extends Error {
  constructor() {
    super('EventStoreDB ended the call without an answer');
    this.name = 'EndedEarly';
  }
}

export class InvalidConnectionString extends Error {
  constructor(why: string) {
    super(
      `The connection string of EventStoreDB cannot be used: ${why}. ` +
        'It looks like esdb://host:2113?tls=true, esdb://a:2113,b:2113,c:2113 or esdb+discover://host:2113.',
    );
    this.name = 'InvalidConnectionString';
  }
}

export class ServerTooOld extends Error {
  constructor(why: string) {
    super(`This EventStoreDB server is too old: ${why}. Use version 22.10 or newer.`);
    this.name = 'ServerTooOld';
  }
}

export class StreamDeleted extends Error {
  constructor(doing: string) {
    super(
      `EventStoreDB refused the ${doing}: the stream was tombstoned, which is final; it can be neither read nor ` +
        'appended to. Restore it from a backup, or use another stream.',
    );
    this.name = 'StreamDeleted';
  }
}

export class AccessDenied extends Error {
  constructor(doing: string, authenticated: boolean) {
    super(
      authenticated
        ? `EventStoreDB refused the ${doing}: the user, or whoever gives no user name, lacks the right. Give it the right in the stream's ACL ` +
            '(subscriptions need to read $all), or use a user of $admins.'
        : `EventStoreDB refused the ${doing}: it does not accept the user name and password. Correct them.`,
    );
    this.name = 'AccessDenied';
  }
}

export class AppendTooLarge extends Error {
  constructor(doing: string, maxBytes: number) {
    super(
      `EventStoreDB refused the ${doing}: it is larger than the server takes at once (${maxBytes} bytes). ` +
        'Append less at once, or raise MaxAppendSize of the server.',
    );
    this.name = 'AppendTooLarge';
  }
}

/** An event in a stream of this system that this system did not write: deciding without it would be deciding wrong. */
export class ForeignEvent extends Error {
  constructor(stream: string, revision: number, type: string) {
    super(
      `Event ${type} (${stream} revision ${revision}) was not written by this system: its metadata has no version. ` +
        'Find out who writes to this stream; the event has to go before the stream can be used.',
    );
    this.name = 'ForeignEvent';
  }
}

export class Refused extends Error {
  constructor(doing: string, cause: Error) {
    super(`EventStoreDB refused the ${doing}: ${explained(cause)}.`, { cause });
    this.name = 'Refused';
  }
}

/** Why something failed that may succeed when it is tried again. */
export type Passing =
  'unavailable' | 'not-leader' | 'too-slow' | 'cancelled' | 'no-answer' | 'ended' | 'unknown';

/** undefined when trying again is useless. */
export const passingOf = (failure: unknown): Passing | undefined => {
  const error = commandErrorOf(failure);
  if (error instanceof UnavailableError || isUndiscovered(error)) return 'unavailable';
  if (error instanceof NotLeaderError) return 'not-leader';
  if (error instanceof TimeoutError) return 'too-slow';
  if (error instanceof CancelledError) return 'cancelled';
  if (error instanceof NoAnswer || error instanceof DeadlineExceededError) return 'no-answer';
  if (error instanceof EndedEarly) return 'ended';
  // Also what a server says that knows no leader yet, or is not ready.
  return error instanceof UnknownError && !isLasting(error) ? 'unknown' : undefined;
};

/** As the port and an operator know it. `doing` is a noun with its object: "append to order-1". */
export const translated = (failure: unknown, doing: string): Error => {
  const error = commandErrorOf(failure);
  if (passingOf(error) !== undefined) {
    return new StorageUnavailable(`EventStoreDB cannot do the ${doing} now: ${explained(error)}.`, error);
  }
  if (error instanceof StreamDeletedError) return new StreamDeleted(doing);
  if (error instanceof AccessDeniedError)
    return new AccessDenied(doing, error.code !== status.UNAUTHENTICATED);
  if (error instanceof MaxAppendSizeExceededError) return new AppendTooLarge(doing, error.maxAppendSize);
  return 'type' in error ? new Refused(doing, error) : error;
};

/** Nobody knows whether it was written: the answer is missing. */
export const outcomeUnknown = (failure: unknown, doing: string): Error => {
  const error = commandErrorOf(failure);
  return new OutcomeUnknown(
    `Whether EventStoreDB has done the ${doing} is unknown: ${explained(error)}. ` +
      'The same append with the same events and the same expected revision can be sent again.',
    error,
  );
};

/** https://grpc.io/docs/guides/status-codes/ */
const LASTING_CODES: ReadonlySet<status | undefined> = new Set([
  status.INVALID_ARGUMENT,
  status.PERMISSION_DENIED,
  status.FAILED_PRECONDITION,
  status.OUT_OF_RANGE,
  status.UNIMPLEMENTED,
]);

/** The answer to a request that BatchAppend does not take has no code. */
const isLasting = ({ code, message }: UnknownError): boolean =>
  LASTING_CODES.has(code) || message.endsWith('BadRequest');

const commandErrorOf = (failure: unknown): Error =>
  failure instanceof Error ? convertToCommandError(failure) : new Error(String(failure));

/** Discovery fails with a plain error. */
const isUndiscovered = (error: Error): boolean => error.message.startsWith('Failed to discover');

const hints: readonly (readonly [RegExp, string])[] = [
  [
    /wrong version number|EPROTO|packet length too long/i,
    'the server does not speak TLS there; correct the port, or say tls=false in the connection string',
  ],
  [
    /self.signed|unable to (verify|get)|certificate|altnames/i,
    'the certificate of the server is not trusted; name its authority by tlsCAFile in the connection string',
  ],
  [/Received HTTP status code/i, 'what answers there is no EventStoreDB; correct host and port'],
  [/Name resolution failed|ENOTFOUND|EAI_AGAIN/i, 'the host is not known; correct the connection string'],
  [
    /Failed to discover/i,
    'no member of the cluster answered the gossip; see that the hosts, the port and tls in the connection string are right',
  ],
  [
    /ECONNREFUSED|No connection established|ECONNRESET|Connection dropped|socket hang up/i,
    'it cannot be reached (start it, or correct the address), or tls in the connection string is not as on the server',
  ],
];

/** The reason in words, with the server's own behind it. */
const explained = (error: Error): string => {
  const own = (error.message || error.name).replace(/[.\s]*Resolution note:\s*$/, '');
  const hint = hints.find(([pattern]) => pattern.test(own))?.[1];
  if (error instanceof NotLeaderError) return 'the node is not the leader any more';
  return hint === undefined ? own : `${hint} (${own})`;
};
