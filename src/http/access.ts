import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBearerAuth, ApiExtension, ApiResponse } from '@nestjs/swagger';
import { jsonSchema } from './input.js';
import * as contract from './contract.js';
import { type Role } from './caller.js';

/** `owner`: customers, of what is their own. The others of everything that the route is about. */
export type Grant = Role | 'owner';

export type Access = 'everybody' | readonly Grant[];

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A route that does not say who may use it is nobody's. */
    access?: Access;
  }
}

const refusals = [
  [401, 'No token, or one that is not accepted: `TOKEN_MISSING`, `TOKEN_INVALID`, `TOKEN_EXPIRED`'],
  [403, "The caller's role, or the customer named: `ROLE_MISSING`, `CUSTOMER_UNKNOWN`, `OTHER_CUSTOMER`"],
] as const;

/** Who may use a route; also documents it. Every route says it, and docs/api.md has the table. */
export const Allows = (...access: readonly Grant[]): MethodDecorator =>
  applyDecorators(
    RouteConfig({ access }),
    ApiBearerAuth(),
    ApiExtension('x-allows', access),
    ...refusals.map(([status, description]) =>
      ApiResponse({
        status,
        description,
        content: { 'application/problem+json': { schema: jsonSchema(contract.problem, 'output') } },
      }),
    ),
  );

/** For what says nothing of anybody. */
export const AllowsEverybody = (): MethodDecorator => {
  const access: Access = 'everybody';
  return applyDecorators(RouteConfig({ access }), ApiExtension('x-allows', [access]));
};
