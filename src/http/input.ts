import { STATUS_CODES } from 'node:http';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiBody, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { problem, ProblemException } from './problem.js';

export const skuSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores');

export const idSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/,
    'must be 1 to 64 letters, digits, dots, colons, dashes or underscores',
  );

/** Enough for any order, and small enough that a million of them still adds up in a safe integer. */
export const quantitySchema = z.int().min(1).max(1_000_000_000);

const currencies = new Set(Intl.supportedValuesOf('currency'));

export const moneySchema = z.strictObject({
  amountMinor: z.int().min(0).max(1_000_000_000_000),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as EUR')
    .refine((code) => currencies.has(code), 'must be an ISO 4217 code such as EUR'),
});

/** Text that a person reads: no control characters, no blank. */
export const textSchema = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    // Without \p, so that other languages' clients can use it as it is documented.
    .regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, 'must not contain control characters')
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode');

export const pageSchema = {
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(2_000).optional(),
};

/** The JSON body, parsed with the schema; also documents it. */
export const JsonBody = (schema: z.ZodType): ParameterDecorator =>
  documented(
    ApiBody({ schema: jsonSchema(schema), required: !schema.safeParse({}).success }),
    (request) => request.body ?? {},
    schema,
    'body',
  );

/** The query string, parsed with the schema; also documents it. */
export const QueryString = (schema: z.ZodObject): ParameterDecorator => {
  const documents = Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, type]) =>
    ApiQuery({ name, required: !type.safeParse(undefined).success, schema: jsonSchema(type) }),
  );
  const all: MethodDecorator = (target, key, descriptor) => {
    for (const document of documents) document(target, key, descriptor);
  };
  return documented(all, (request) => request.query, schema, 'query');
};

/** One path parameter, parsed with the schema; also documents it. */
export const PathParam = (name: string, schema: z.ZodType): ParameterDecorator =>
  documented(
    ApiParam({ name, schema: jsonSchema(schema) }),
    (request) => (request.params as Record<string, unknown>)[name],
    schema,
    name,
  );

/** Documents what the route answers when it succeeds. */
export const Answers = (status: number, schema: z.ZodType): MethodDecorator =>
  ApiResponse({ status, description: STATUS_CODES[status] ?? '', schema: jsonSchema(schema, 'output') });

/** Documents a route that answers with server-sent events, each of which carries the schema's JSON. */
export const AnswersEvents = (event: string, schema: z.ZodType): MethodDecorator =>
  ApiResponse({
    status: 200,
    description: `Server-sent events \`${event}\`; the data of each is JSON of this schema`,
    content: { 'text/event-stream': { schema: jsonSchema(schema, 'output') } },
  });

const documented = (
  document: MethodDecorator,
  pick: (request: FastifyRequest) => unknown,
  schema: z.ZodType,
  what: string,
): ParameterDecorator => {
  const parameter = createParamDecorator((_: unknown, context: ExecutionContext) =>
    parse(schema, pick(context.switchToHttp().getRequest<FastifyRequest>()), what),
  )();
  return (target, key, index) => {
    parameter(target, key, index);
    const descriptor = key === undefined ? undefined : Object.getOwnPropertyDescriptor(target, key);
    if (key !== undefined && descriptor !== undefined) document(target, key, descriptor);
  };
};

const parse = (schema: z.ZodType, input: unknown, what: string): unknown => {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap((issue) => {
    const paths =
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    return paths.map((path) => ({ path: pathText(path) || what, message: issue.message }));
  });
  const detail = `The ${what} is not valid: ${errors.map((error) => `${error.path}: ${error.message}`).join('; ')}.`;
  throw new ProblemException(problem(400, 'INVALID_REQUEST', detail, errors));
};

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : `${text}${text === '' ? '' : '.'}${String(step)}`,
    '',
  );

export const jsonSchema = (schema: z.ZodType, io: 'input' | 'output' = 'input'): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema: described }) => {
      // An answer may gain fields; clients leave alone what they do not know.
      if (io === 'output') delete described.additionalProperties;
    },
  });
  return rest;
};
