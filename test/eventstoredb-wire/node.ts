import { type Metadata } from '@grpc/grpc-js';
import { accessDenied, type CallError, notLeader, refused, unauthenticated } from './errors.js';
import { type Faults, refusal } from './faults.js';
import { type Log } from './log.js';
import { type Profile } from './profiles.js';
import { type Writer } from './writer.js';

/** A running subscription, as a fault switch sees it. */
export interface OpenSubscription {
  /** It has lost its place among the live ones and is to catch up again. */
  readonly behind: boolean;
  fail(error: CallError): void;
  end(): void;
}

/** What the calls share. */
export interface Node {
  readonly log: Log;
  readonly writer: Writer;
  readonly profile: Profile;
  readonly faults: Faults;
  /** Whether BatchAppend is there. */
  readonly batch: boolean;
  readonly maxAppendBytes: number;
  /** How long a live subscription may take nothing while more than its bound of events wait. */
  readonly stallMs: number;
  /** Passwords by name; undefined: everything is allowed to everybody (`--insecure`). */
  readonly users: Readonly<Record<string, string>> | undefined;
  readonly subscriptions: Set<OpenSubscription>;
  readonly batches: Set<unknown>;
}

const admins = ['admin', 'ops'];

/** Whether a call may be made at all. A stream is named, or `$all`. */
export const gate = (
  node: Node,
  headers: Metadata,
  access: 'read' | 'write',
  stream: string,
): CallError | undefined => {
  const condition = refusal(node.faults);
  if (condition) return refused(condition);
  return leaderNeeded(node, headers) ?? denied(node, headers, access, stream);
};

export const leaderNeeded = ({ faults }: Node, headers: Metadata): CallError | undefined =>
  faults.leader && headers.get('requires-leader')[0] === 'true' ? notLeader(faults.leader) : undefined;

export const denied = (
  { users }: Node,
  headers: Metadata,
  access: 'read' | 'write',
  stream: string,
): CallError | undefined => {
  if (stream === '$all' && access === 'write') return accessDenied();
  if (!users) return undefined;
  const authorization = headers.get('authorization')[0];
  if (authorization === undefined) return accessDenied();
  const [name = '', password] = Buffer.from(String(authorization).replace(/^basic /i, ''), 'base64')
    .toString('utf8')
    .split(/:(.*)/s);
  if (password === undefined || users[name] !== password) return unauthenticated();
  return stream.startsWith('$') && !admins.includes(name) ? accessDenied() : undefined;
};
