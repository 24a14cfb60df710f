import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import * as contract from '../http/contract.js';
import { jsonSchema } from '../http/input.js';

/**
 * Serves the OpenAPI document at /docs/openapi.json (and .yaml) and its page at /docs.
 * @param isOpen nobody is asked who he is, and the document says so
 */
export const serveApiDocument = (app: NestFastifyApplication, isOpen: boolean): void => {
  const config = new DocumentBuilder()
    .setTitle('Order processing')
    .setDescription(
      'Commands answer with a Consistency-Token; a query that sends it back sees the write. ' +
        'Every refusal is a problem document with a stable code (docs/api.md).',
    )
    .setVersion('1')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'Of the issuer that the service is configured with.',
    })
    .build();
  const document = (): OpenAPIObject => {
    const whole = withTags(withConventions(SwaggerModule.createDocument(app, config)));
    return isOpen ? withoutTokens(whole) : whole;
  };
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'docs/openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
    customSiteTitle: 'Order processing',
    customCss: [
      // It would offer other documents; there are none.
      '.swagger-ui .topbar { display: none }',
      // Of a timeline it would show the first two events.
      '.swagger-ui .highlight-code > .microlight { max-height: 80vh }',
    ].join('\n'),
  });
  app.getHttpAdapter().get('/', (_request: FastifyRequest, reply: FastifyReply) => reply.redirect('/docs'));
};

/** The routes of the document and its page, which everybody may read. */
export const isApiDocument = (route: string): boolean => route === '/' || /^\/docs(\/|$)/.test(route);

/** In the order of the page: what a shop asks for first, what those who run it need last. */
const tags = new Map([
  ['catalog', 'Products: added, priced, published; the catalogue of what is on sale'],
  ['inventory', 'Stock of each product'],
  ['carts', 'Carts and the check-out'],
  ['orders', 'Orders: placed, cancelled, followed; their past, and why it was so'],
  ['payments', 'Payments and refunds'],
  ['shipments', 'Parcels: split, sent, delivered, lost'],
  ['notifications', 'Mails about orders'],
  ['kpis', 'Sales'],
  ['operations', 'For those who run it: views, dead letters, customers to forget'],
  ['health', 'For load balancers and whoever watches'],
]);

/** A process serves those of its services only. */
const withTags = (document: OpenAPIObject): OpenAPIObject => {
  const used = new Set(
    Object.values(document.paths).flatMap(({ get, post, put, patch, delete: remove }) =>
      [get, post, put, patch, remove].flatMap((operation) => operation?.tags ?? []),
    ),
  );
  document.tags = [...tags].flatMap(([name, description]) => (used.has(name) ? [{ name, description }] : []));
  return document;
};

const header = (name: string, pattern: string, description: string) => ({
  name,
  in: 'header' as const,
  required: false,
  description,
  schema: { type: 'string' as const, pattern },
});

const idempotencyKey = header(
  'Idempotency-Key',
  '^[\\x21-\\x7e]{1,255}$',
  'The same key and request: carried out once, answered the same.',
);
const ifMatch = header(
  'If-Match',
  '^"[0-9]{1,15}"$',
  'The ETag that was read: 412 when it has changed since.',
);
const consistencyToken = header(
  'Consistency-Token',
  '^[A-Za-z0-9_-]{2,136}$',
  'Of a write that the answer must include.',
);

const refusal = {
  description: 'A problem document (RFC 9457) with a stable code',
  content: { 'application/problem+json': { schema: jsonSchema(contract.problem, 'output') } },
};

const writeHeaders = {
  ETag: { description: 'The revision that the write made', schema: { type: 'string' as const } },
  'Consistency-Token': { description: 'Reads the write back', schema: { type: 'string' as const } },
};

const withoutTokens = (document: OpenAPIObject): OpenAPIObject => {
  delete document.components?.securitySchemes;
  for (const { get, post, put, patch, delete: remove } of Object.values(document.paths)) {
    for (const operation of [get, post, put, patch, remove]) delete operation?.security;
  }
  return document;
};

/** What all routes have in common is said once, here. */
const withConventions = (document: OpenAPIObject): OpenAPIObject => {
  for (const [path, { get, ...writes }] of Object.entries(document.paths)) {
    if (!path.startsWith('/api/')) continue;
    if (path.startsWith('/api/ops/')) {
      for (const operation of [get, writes.post]) {
        if (operation !== undefined) operation.responses = { ...operation.responses, default: refusal };
      }
      continue;
    }
    if (get !== undefined) {
      get.parameters = [...(get.parameters ?? []), consistencyToken];
      get.responses = { ...get.responses, default: refusal };
    }
    for (const operation of [writes.post, writes.put, writes.patch, writes.delete]) {
      if (operation === undefined) continue;
      operation.parameters = [...(operation.parameters ?? []), idempotencyKey, ifMatch];
      for (const [status, answer] of Object.entries(operation.responses)) {
        if (status.startsWith('2') && answer !== undefined && 'description' in answer)
          answer.headers = writeHeaders;
      }
      operation.responses = { ...operation.responses, default: refusal };
    }
  }
  return document;
};
