import { Metadata, status } from '@grpc/grpc-js';
import { type Expected, expectedNumber } from './expected.js';
import { streamIdentifier } from './frames.js';
import { any, codes, empty, rpc, shared } from './proto.js';
import { type Condition } from './faults.js';

/** How a call ends; an `exception` trailer tells the client which class it is. */
export interface CallError {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

const error = (code: status, details: string, trailers: Record<string, string> = {}): CallError => {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, printable(value));
  return { code, details, metadata };
};

/** A header holds printable ASCII only. */
const printable = (text: string): string => text.replaceAll(/[^\x20-\x7e]+/g, encodeURIComponent);

export const streamDeleted = (stream: string): CallError =>
  error(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

export const wrongExpectedVersion = (stream: string, expected: Expected, actual: number): CallError =>
  error(
    status.FAILED_PRECONDITION,
    `Append failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expectedNumber(expected)}, Actual version: ${actual}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': String(expectedNumber(expected)),
      'actual-version': String(actual),
    },
  );

export const accessDenied = (): CallError =>
  error(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });

export const unauthenticated = (): CallError => error(status.UNAUTHENTICATED, 'Unauthenticated');

export const notLeader = (leader: { host: string; port: number }): CallError =>
  error(status.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': leader.host,
    'leader-endpoint-port': String(leader.port),
  });

export const appendTooBig = (limit: number): CallError =>
  error(status.INVALID_ARGUMENT, `Maximum Append Size of ${limit} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(limit),
  });

export const missingMetadata = (): CallError =>
  error(status.INVALID_ARGUMENT, "Required Metadata Property 'type,content-type' is missing.", {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });

export const slowConsumer = (): CallError =>
  error(
    status.ABORTED,
    'Operation timed out: Consumer too slow to handle event while live. Client resubscription required.',
  );

export const invalid = (details: string): CallError => error(status.INVALID_ARGUMENT, details);
export const unknown = (details: string): CallError => error(status.UNKNOWN, details);
export const unavailable = (details: string): CallError => error(status.UNAVAILABLE, details);
export const unimplemented = (what: string): CallError =>
  error(status.UNIMPLEMENTED, `Not implemented by the wire-level test server: ${what}`);

/** How a call is refused. */
export const refused = (condition: Condition): CallError => {
  switch (condition) {
    case 'not ready':
      return unavailable('Server Is Not Ready');
    case 'too busy':
      return unavailable('Server Is Too Busy');
    case 'write timeout':
      return error(status.ABORTED, 'Operation timed out: Write timed out');
    case 'access denied':
      return accessDenied();
    case 'unauthenticated':
      return unauthenticated();
    case 'no leader':
      return unknown('No leader info available in response');
    case 'invalid transaction':
      return error(status.INVALID_ARGUMENT, 'Invalid transaction.', { exception: 'invalid-transaction' });
    case 'cancelled':
      return error(status.CANCELLED, 'Cancelled by the server.');
  }
};

const batchError = (
  code: codes.Code,
  message: string,
  details: { serializeBinary(): Uint8Array },
  type: string,
): rpc.Status => {
  const packed = new any.Any();
  packed.pack(details.serializeBinary(), type);
  const answer = new rpc.Status().setMessage(message).setDetails(packed);
  if (code !== codes.Code.OK) answer.setCode(code);
  return answer;
};

/** Errors of one append among those that share a BatchAppend stream. */
export const batch = {
  wrongExpectedVersion: (expected: Expected, current: number): rpc.Status => {
    const details = new shared.WrongExpectedVersion();
    if (current < 0) details.setCurrentNoStream(new empty.Empty());
    else details.setCurrentStreamRevision(String(current));
    if (expected === 'any') details.setExpectedAny(new empty.Empty());
    else if (expected === 'no-stream') details.setExpectedNoStream(new empty.Empty());
    else if (expected === 'stream-exists') details.setExpectedStreamExists(new empty.Empty());
    else details.setExpectedStreamPosition(String(expected));
    const type = 'event_store.client.WrongExpectedVersion';
    return batchError(codes.Code.ALREADY_EXISTS, 'WrongExpectedVersion', details, type);
  },
  streamDeleted: (stream: string): rpc.Status => {
    const details = new shared.StreamDeleted().setStreamIdentifier(streamIdentifier(stream));
    return batchError(codes.Code.NOT_FOUND, 'StreamDeleted', details, 'event_store.client.StreamDeleted');
  },
  accessDenied: (): rpc.Status =>
    batchError(
      codes.Code.PERMISSION_DENIED,
      'AccessDenied',
      new shared.AccessDenied(),
      'event_store.client.AccessDenied',
    ),
  timeout: (): rpc.Status =>
    batchError(codes.Code.DEADLINE_EXCEEDED, 'Timeout', new shared.Timeout(), 'event_store.client.Timeout'),
  appendTooBig: (limit: number): rpc.Status => {
    const details = new shared.MaximumAppendSizeExceeded().setMaxappendsize(limit);
    const type = 'event_store.client.MaximumAppendSizeExceeded';
    return batchError(codes.Code.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', details, type);
  },
  badRequest: (message: string): rpc.Status => {
    const details = new shared.BadRequest().setMessage(message);
    return batchError(codes.Code.INVALID_ARGUMENT, 'BadRequest', details, 'event_store.client.BadRequest');
  },
  unknown: (): rpc.Status =>
    batchError(codes.Code.UNKNOWN, 'Unknown', new shared.Unknown(), 'event_store.client.Unknown'),
  notNow: (message: string): rpc.Status =>
    batchError(codes.Code.OK, message, new empty.Empty(), 'google.protobuf.Empty'),
};

/** What a refusal is on a BatchAppend stream: of one append, or of the whole stream. */
export const refusedAppend = (condition: Condition): rpc.Status | CallError => {
  switch (condition) {
    case 'not ready':
      return batch.notNow('Server Is Not Ready');
    case 'too busy':
      return batch.notNow('Server Is Busy');
    case 'write timeout':
      return batch.timeout();
    case 'access denied':
      return batch.accessDenied();
    case 'invalid transaction':
      return batch.unknown();
    case 'unauthenticated':
    case 'no leader':
    case 'cancelled':
      return refused(condition);
  }
};
