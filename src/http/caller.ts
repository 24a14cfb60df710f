import { type FastifyRequest } from 'fastify';
import { problem, ProblemException } from './problem.js';

export const roles = ['customer', 'service', 'operator'] as const;
export type Role = (typeof roles)[number];

/** Whose request it is. */
export interface Caller {
  /** In the metadata of the events that come of it. */
  readonly actor: string;
  readonly isCustomer: boolean;
  /** The one customer whose carts and orders it may see and change; undefined: those of all. */
  readonly only: string | undefined;
  /** Keys of requests are the caller's own: nobody meets another's. undefined: all share them. */
  readonly keys: string | undefined;
  /** Milliseconds since 1970; undefined: never. */
  readonly expiresAt: number | undefined;
}

/** Where no issuer is configured, whoever reaches the port. */
export const anybody: Caller = {
  actor: 'api',
  isCustomer: false,
  only: undefined,
  keys: undefined,
  expiresAt: undefined,
};

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before anything else is done with a request. */
    caller?: Caller;
  }
}

export const callerOf = ({ caller }: Pick<FastifyRequest, 'caller'>): Caller => {
  if (caller !== undefined) return caller;
  throw new Error('A request has come past the access control.');
};

export const owns = ({ only }: Caller, customerId: string | undefined): boolean =>
  only === undefined || only === customerId;

/** For what a request says of itself: what is addressed and another's is not found instead. */
export const refuseOthers = (caller: Caller, customerId: string): void => {
  if (owns(caller, customerId)) return;
  const message = `The token is that of customer ${caller.only ?? ''}: name that one.`;
  throw new ProblemException(problem(403, 'OTHER_CUSTOMER', message, [{ path: 'customerId', message }]));
};

/** Customers are told which part of the business acted, and not who of its people. */
export const actorShown = ({ only, actor: own }: Caller, actor: string): string =>
  only === undefined || actor === own ? actor : actor.replace(/:.*$/s, '');
