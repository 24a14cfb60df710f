import { Controller, Get, Module, Patch, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { logbook } from '../execution/testing/logbook.js';
import {
  idSchema,
  JsonBody,
  moneySchema,
  pageSchema,
  PathParam,
  quantitySchema,
  QueryString,
  skuSchema,
  textSchema,
} from './input.js';
import { ProblemFilter } from './problem.filter.js';
import { problem } from './problem.js';

const body = z.strictObject({
  name: textSchema(10),
  price: moneySchema,
  items: z
    .array(z.strictObject({ sku: skuSchema, quantity: quantitySchema }))
    .max(3)
    .default([]),
});
const query = z.strictObject({ ...pageSchema, text: textSchema(10).optional() });

@Controller('things')
class ThingController {
  @Post(':id')
  add(@PathParam('id', idSchema) id: string, @JsonBody(body) input: z.infer<typeof body>) {
    return { id, input };
  }

  @Patch()
  change(@JsonBody(z.strictObject({})) input: object) {
    return input;
  }

  @Get()
  find(@QueryString(query) input: z.infer<typeof query>) {
    return input;
  }

  @Get('broken')
  broken() {
    throw new Error('password=hunter2');
  }
}

@Module({ controllers: [ThingController] })
class ThingModule {}

const good = { name: 'mug', price: { amountMinor: 1999, currency: 'EUR' } };
const invalid = (what: string, ...errors: readonly { path: string; message: string }[]) =>
  problem(
    400,
    'INVALID_REQUEST',
    `The ${what} is not valid: ${errors.map(({ path, message }) => `${path}: ${message}`).join('; ')}.`,
    errors,
  );

describe('input', () => {
  let app: NestFastifyApplication;
  const log = logbook();

  beforeAll(async () => {
    app = await NestFactory.create<NestFastifyApplication>(
      ThingModule,
      new FastifyAdapter({ bodyLimit: 2_000 }),
      { logger: false, bodyParser: false },
    );
    app.useGlobalFilters(new ProblemFilter(log.logger));
    await app.init();
  });

  afterAll(() => app.close());

  const answerTo = async (
    method: 'GET' | 'POST' | 'PATCH',
    url: string,
    payload?: unknown,
    text?: string,
  ) => {
    const response = await app.inject({
      method,
      url,
      ...(payload !== undefined && { payload: JSON.stringify(payload) }),
      ...(text !== undefined && { payload: text }),
      ...((payload ?? text) !== undefined && { headers: { 'content-type': 'application/json' } }),
    });
    return {
      status: response.statusCode,
      type: response.headers['content-type'],
      body: response.json<unknown>(),
    };
  };
  const refused = (document: ReturnType<typeof problem>) => ({
    status: document.status,
    type: 'application/problem+json; charset=utf-8',
    body: document,
  });
  const post = (payload: unknown) => answerTo('POST', '/things/t-1', payload);

  it('is parsed, with its defaults', async () => {
    expect(await post({ ...good, name: '  mug ' })).toStrictEqual({
      status: 201,
      type: 'application/json; charset=utf-8',
      body: { id: 't-1', input: { ...good, items: [] } },
    });
    expect((await answerTo('PATCH', '/things')).body).toStrictEqual({});
    expect((await answerTo('GET', '/things?limit=7&text=x')).body).toStrictEqual({ limit: 7, text: 'x' });
    expect((await answerTo('GET', '/things')).body).toStrictEqual({ limit: 50 });
  });

  it('with a field that nobody knows is refused', async () => {
    expect(await post({ ...good, admin: true })).toStrictEqual(
      refused(invalid('body', { path: 'admin', message: 'Unrecognized key: "admin"' })),
    );
    expect(await answerTo('GET', '/things?offset=3')).toStrictEqual(
      refused(invalid('query', { path: 'offset', message: 'Unrecognized key: "offset"' })),
    );
  });

  it('names every field at fault', async () => {
    const answer = await post({
      name: 7,
      items: [
        { sku: 'A', quantity: 1 },
        { sku: '-', quantity: -1 },
      ],
    });
    expect(answer).toStrictEqual(
      refused(
        invalid(
          'body',
          { path: 'name', message: 'Invalid input: expected string, received number' },
          { path: 'price', message: 'Invalid input: expected object, received undefined' },
          {
            path: 'items[1].sku',
            message: 'must be 1 to 64 letters, digits, dots, dashes or underscores',
          },
          { path: 'items[1].quantity', message: 'Too small: expected number to be >=1' },
        ),
      ),
    );
  });

  it.each([[[]], ['text'], [7], [true]])('that is %j and no object is refused', async (payload) => {
    expect(await post(payload)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
  });

  it.each(['{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{"admin":true}}}'])(
    'that reaches for prototypes is refused: %s',
    async (text) => {
      expect(await answerTo('PATCH', '/things', undefined, text)).toMatchObject({ status: 400 });
      expect(({} as { admin?: boolean }).admin).toBeUndefined();
    },
  );

  it.each([
    ['{"name":', 400, 'MALFORMED_REQUEST'],
    ['', 400, 'MALFORMED_REQUEST'],
    [JSON.stringify({ ...good, name: 'x'.repeat(2_000) }), 413, 'BODY_TOO_LARGE'],
  ])('that cannot be read is refused: %.20s', async (text, status, code) => {
    expect(await answerTo('POST', '/things/t-1', undefined, text)).toMatchObject({
      status,
      type: 'application/problem+json; charset=utf-8',
      body: { status, code },
    });
  });

  it('of another content type is refused', async () => {
    const response = await app.inject({
      method: 'POST',
      url: '/things/t-1',
      payload: '<a/>',
      headers: { 'content-type': 'application/xml' },
    });
    expect([response.statusCode, response.json<{ code: string }>().code]).toStrictEqual([
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ]);
  });

  it.each(['%20', '-a', 'a'.repeat(65), 'a%2Fb', 'a%00'])('with %s in its path is refused', async (id) => {
    expect(await answerTo('POST', `/things/${id}`, good)).toStrictEqual(
      refused(
        invalid('id', {
          path: 'id',
          message: 'must be 1 to 64 letters, digits, dots, colons, dashes or underscores',
        }),
      ),
    );
  });

  it('says nothing of a fault inside, which is logged', async () => {
    const answer = await answerTo('GET', '/things/broken');
    expect(answer).toMatchObject({ status: 500, body: { code: 'INTERNAL' } });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(log.entries).toStrictEqual([
      {
        level: 'error',
        message: 'The request failed inside the service. It was logged; it is safe to send it again.',
        fields: {
          err: new Error('password=hunter2'),
          method: 'GET',
          url: '/things/broken',
          code: 'INTERNAL',
        },
      },
    ]);
  });

  it('is documented', () => {
    const document = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    expect(document.paths['/things/{id}']?.post).toMatchObject({
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
      requestBody: {
        content: {
          'application/json': { schema: { required: ['name', 'price'], additionalProperties: false } },
        },
      },
    });
    expect(document.paths['/things']?.get?.parameters).toMatchObject([
      { name: 'limit', in: 'query', required: false },
      { name: 'cursor', in: 'query', required: false },
      { name: 'text', in: 'query', required: false },
    ]);
  });
});

describe('the schema of', () => {
  const isValid = (schema: z.ZodType, value: unknown) => schema.safeParse(value).success;
  const price = (amountMinor: unknown, currency: unknown = 'EUR') => ({ amountMinor, currency });

  it.each([
    [
      'a SKU',
      skuSchema,
      ['A', 'SKU-123', 'a.b_c-9', 'x'.repeat(64)],
      ['', '-a', 'a b', 'a/b', 'ä', 'x'.repeat(65), 7],
    ],
    ['an id', idSchema, ['cust-123', 'a:b', 'pay-1'], ['', ':a', 'a b', 'a\n', null, {}]],
    ['a quantity', quantitySchema, [1, 1_000_000_000], [0, -1, 1.5, 1_000_000_001, '1', NaN, Infinity, null]],
    [
      'money',
      moneySchema,
      [price(0), price(1_000_000_000_000), price(1, 'JPY')],
      [
        price(-1),
        price(0.5),
        price(1_000_000_000_001),
        price('1'),
        price(NaN),
        price(1, 'eur'),
        price(1, 'EURO'),
        price(1, null),
        { ...price(1), extra: 1 },
        1,
      ],
    ],
    [
      'a text',
      textSchema(5),
      ['a', ' abcde ', 'é😀'],
      ['', '   ', 'abcdef', 'a\u0000b', 'a\nb', '\ud800', 5],
    ],
    [
      'a page',
      z.strictObject(pageSchema),
      [{}, { limit: '1' }, { limit: '500' }, { cursor: '' }],
      [
        { limit: '0' },
        { limit: '501' },
        { limit: 'x' },
        { limit: '1.5' },
        { limit: ['1', '2'] },
        { cursor: 'x'.repeat(2_001) },
      ],
    ],
  ])('%s', (_, schema: z.ZodType, valid: readonly unknown[], wrong: readonly unknown[]) => {
    expect(valid.filter((value) => !isValid(schema, value))).toStrictEqual([]);
    expect(wrong.filter((value) => isValid(schema, value))).toStrictEqual([]);
  });
});
