import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import * as contract from '../../http/contract.js';
import { read } from './http-client.js';
import { type Program, Site } from './program.js';
import { Shop } from './shop.js';

interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly items?: Schema | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly nullable?: boolean | undefined;
  readonly pattern?: string | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly minItems?: number | undefined;
}

const schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    type: z.enum(['object', 'array', 'string', 'integer', 'number', 'boolean']).optional(),
    properties: z.record(z.string(), schema).optional(),
    required: z.array(z.string()).optional(),
    items: schema.optional(),
    anyOf: z.array(schema).optional(),
    enum: z.array(z.unknown()).optional(),
    nullable: z.boolean().optional(),
    pattern: z.string().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    minItems: z.number().optional(),
  }),
);

const operation = z.object({
  summary: z.string().min(1),
  tags: z.array(z.string()).min(1),
  parameters: z
    .array(
      z.object({ name: z.string(), in: z.enum(['path', 'query', 'header']), required: z.boolean(), schema }),
    )
    .default([]),
  requestBody: z.object({ content: z.object({ 'application/json': z.object({ schema }) }) }).optional(),
  responses: z.record(z.string(), z.object({ content: z.record(z.string(), z.unknown()).default({}) })),
});
const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;
const apiDocument = z.object({
  tags: z.array(z.object({ name: z.string(), description: z.string().min(1) })),
  paths: z.record(z.string(), z.partialRecord(z.enum(methods), operation)),
});

interface Route extends z.infer<typeof operation> {
  readonly method: string;
  readonly path: string;
}

/** What the schema allows, most of the time. */
const valueOf = (of: Schema): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 12, arbitrary: allowedBy(of) }, { weight: 1, arbitrary: fc.jsonValue() });

const allowedBy = (of: Schema): fc.Arbitrary<unknown> => {
  if (of.nullable === true) return fc.oneof(fc.constant(null), allowedBy({ ...of, nullable: false }));
  if (of.enum !== undefined) return fc.constantFrom(...of.enum);
  if (of.anyOf !== undefined) return fc.oneof(...of.anyOf.map(allowedBy));
  switch (of.type) {
    case 'object':
      return fc.record(
        Object.fromEntries(Object.entries(of.properties ?? {}).map(([name, each]) => [name, valueOf(each)])),
        { requiredKeys: [...(of.required ?? [])] },
      );
    case 'array':
      return fc.array(valueOf(of.items ?? {}), {
        minLength: of.minItems ?? 0,
        maxLength: (of.minItems ?? 0) + 3,
      });
    case 'integer':
    case 'number':
      return fc.oneof(
        fc.integer({
          min: Math.ceil(of.minimum ?? -1_000),
          max: Math.floor(Math.min(of.maximum ?? 1_000, 2 ** 31 - 1)),
        }),
        fc.constantFrom(of.minimum ?? 0, of.maximum ?? 2 ** 53),
      );
    case 'boolean':
      return fc.boolean();
    default:
      return of.pattern === undefined
        ? fc.string({ minLength: of.minLength ?? 0, maxLength: Math.min(of.maxLength ?? 40, 200) })
        : fc.stringMatching(new RegExp(of.pattern));
  }
};

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
/** Node's client sends no others. */
const asHeader = (value: unknown): string => asText(value).replaceAll(/[^\x20-\x7e]/g, '?');

/** A request of the route; where it names something, now and then something that there is. */
const requestOf = ({ path, parameters, requestBody }: Route, known: readonly string[]) =>
  fc
    .record({
      parameters: fc.tuple(
        ...parameters.map((parameter) =>
          fc
            .tuple(
              parameter.in === 'path'
                ? fc.oneof(fc.constantFrom(...known), valueOf(parameter.schema))
                : valueOf(parameter.schema),
              parameter.required ? fc.constant(true) : fc.boolean(),
            )
            .map(([value, isGiven]) => ({ ...parameter, value, isGiven })),
        ),
      ),
      body:
        requestBody === undefined
          ? fc.constant(undefined)
          : valueOf(requestBody.content['application/json'].schema),
    })
    .map(({ parameters: given, body }) => {
      const of = (place: string) => given.filter((each) => each.in === place && each.isGiven);
      const query = new URLSearchParams(
        of('query').map(({ name, value }): [string, string] => [name, asText(value)]),
      );
      return {
        path:
          of('path').reduce(
            (whole, { name, value }) =>
              whole.replace(`{${name}}`, encodeURIComponent(asText(value).toWellFormed()) || '-'),
            path,
          ) + (query.size > 0 ? `?${query.toString()}` : ''),
        headers: Object.fromEntries(of('header').map(({ name, value }) => [name, asHeader(value)])),
        body,
      };
    });

let site: Site;
let program: Program;
let routes: readonly Route[];
let describedTags: readonly string[];
let known: readonly string[];

beforeAll(async () => {
  site = await Site.open();
  program = await site.start({ CONSISTENCY_TIMEOUT_MS: '50' });
  const { tags, paths } = read(apiDocument, await program.http.get('/docs/openapi.json'), 200);
  describedTags = tags.map(({ name }) => name);
  routes = Object.entries(paths).flatMap(([path, operations]) =>
    methods.flatMap((method) => {
      const found = operations[method];
      // A stream does not end.
      return found === undefined || path.endsWith('/stream')
        ? []
        : [{ ...found, path, method: method.toUpperCase() }];
    }),
  );
  const shop = new Shop(program.http);
  const sku = await shop.stocked('FUZZ', 1_000_000);
  const { orderId } = await shop.place({ [sku]: 1 });
  const { paymentId } = await shop.ended(orderId);
  const { cartId } = read(contract.cart, await program.http.post('/api/carts', { customerId: 'fuzz' }), 201);
  known = [sku, orderId, paymentId ?? '', cartId, 'inventory', 'cust-123'];
});

afterAll(() => site.clean());

it('Every route is under a heading that says what it is about', () => {
  expect([...new Set(routes.flatMap(({ tags }) => tags))].toSorted()).toStrictEqual(describedTags.toSorted());
});

it('Whatever is sent to a route, it answers as the API document says, and never that the program has failed', async () => {
  expect(routes.length).toBeGreaterThan(40);
  const requests = fc
    .constantFrom(...routes)
    .chain((route) => requestOf(route, known).map((request) => ({ route, request })));
  await fc.assert(
    fc.asyncProperty(requests, async ({ route, request }) => {
      const { path, headers, body } = request;
      const text = body === undefined ? undefined : JSON.stringify(body);
      const type = text === undefined ? {} : { 'content-type': 'application/json' };
      const {
        status,
        headers: answered,
        body: answer,
      } = await program.http.send(route.method, path, text, {
        ...headers,
        ...type,
      });
      expect(status).toBeLessThan(500);
      const described = route.responses[String(status)] ?? route.responses['default'];
      expect(described).toBeDefined();
      const given = (answered['content-type'] ?? '').replace(/;.*/, '');
      expect(given === '' ? [''] : Object.keys(described?.content ?? {})).toContain(given);
      if (status >= 400) contract.problem.parse(answer);
    }),
    { numRuns: 1_500 },
  );
});
