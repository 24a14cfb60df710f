import { describe, expect, it } from '@jest/globals';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { fastify } from 'fastify';
import { ofA, recordedSpans, spanA, traceA } from '../../adapters/observed/testing/recorded-spans.js';
import { logFields, type Tracing } from '../../adapters/observed/tracing.js';
import { type Consumed, type Consumer } from '../../consumers/consumer.js';
import { type CommandContext } from '../../execution/command-context.js';
import { type Reaction } from '../../execution/reactor.js';
import { logbook } from '../../execution/testing/logbook.js';
import { correlationIdOf } from '../../http/request-context.js';
import { type Position, type RecordedEvent } from '../../kernel/envelope.js';
import { reject } from '../../kernel/rejection.js';
import { type Logger } from '../../ports/logger.js';
import { traceBuses, tracedConsumer, tracedReaction, traceRequests } from './traces.js';

describe('A request', () => {
  const server = (tracing: Tracing, logger: Logger) => {
    const app = fastify({ genReqId: ({ headers }) => correlationIdOf(headers) });
    traceRequests(app, tracing, logger);
    app.get('/health/live', () => 'ok');
    app.get('/orders/:id', () => logFields());
    app.post('/orders', async (request) => {
      await Promise.resolve();
      logger.info(logFields(), 'within');
      return request.body;
    });
    app.get('/fails', (_request, reply) => reply.status(503).send('no'));
    return app;
  };
  /** A request's span ends, and its line is written, when its connection is done with it. */
  const closed = async (app: ReturnType<typeof server>) => {
    await app.close();
  };

  it('is a span that follows from what it names, and is where its lines belong, with a body or without', async () => {
    const { tracing, spans } = recordedSpans();
    const { logger, entries } = logbook();
    const app = server(tracing, logger);
    const headers = { traceparent: ofA, tracestate: 'vendor=x', 'x-correlation-id': 'web.1' };
    const posted = await app.inject({
      method: 'POST',
      url: '/orders?email=ann@example.test',
      headers,
      payload: {},
    });
    const got = await app.inject({ method: 'GET', url: '/orders/o-1', headers });
    await closed(app);
    expect(posted.statusCode).toBe(200);
    const [post, get] = spans();
    expect([post, get]).toMatchObject(
      ['POST /orders', 'GET /orders/:id'].map((name) => ({
        ...{ name, kind: 'SERVER', traceId: traceA, parentId: spanA, failed: false },
      })),
    );
    expect(post?.attributes).toStrictEqual({
      ...{ 'http.request.method': 'POST', 'http.route': '/orders', 'url.scheme': 'http' },
      'http.response.status_code': 200,
    });
    const within = (span: typeof post) => ({ correlationId: 'web.1', traceId: traceA, spanId: span?.spanId });
    expect(got.json()).toStrictEqual(within(get));
    expect(entries).toMatchObject([
      { level: 'info', message: 'within', fields: within(post) },
      { level: 'debug', fields: { method: 'POST', route: '/orders', status: 200 } },
      { level: 'debug', fields: { method: 'GET', route: '/orders/:id', status: 200 } },
    ]);
  });

  it('without such headers begins a trace, and has a correlation id of its own', async () => {
    const { tracing, spans } = recordedSpans();
    const app = server(tracing, logbook().logger);
    const got = await app.inject({ method: 'GET', url: '/orders/o-1', headers: { traceparent: 'x' } });
    await closed(app);
    const [span] = spans();
    expect(span).toMatchObject({ parentId: undefined });
    expect(got.json()).toStrictEqual({
      correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      ...{ traceId: span?.traceId, spanId: span?.spanId },
    });
  });

  it('that fails says so; an address that there is not, and whoever asks for health, leave no name', async () => {
    const { tracing, spans } = recordedSpans();
    const { logger, entries } = logbook();
    const app = server(tracing, logger);
    for (const url of ['/fails', '/ann@example.test', '/health/live']) await app.inject(url);
    await closed(app);
    expect(spans()).toMatchObject([
      {
        name: 'GET /fails',
        failed: true,
        attributes: { 'error.type': '503', 'http.response.status_code': 503 },
      },
      { name: 'GET', failed: false, attributes: { 'http.response.status_code': 404 } },
    ]);
    expect(entries.map(({ fields }) => fields)).toMatchObject([
      { route: '/fails', status: 503 },
      { route: null, status: 404 },
    ]);
    expect(JSON.stringify([spans(), entries])).not.toContain('ann@');
  });
});

const context: CommandContext = {
  ...{ commandId: 'k', correlationId: 'c-1', causationId: 'r', actor: 'tester' },
};
class Change {
  constructor(
    readonly command: { readonly do: string },
    readonly context: CommandContext,
  ) {}
}
class Find {
  constructor(readonly id: string) {}
}

describe('Commands and queries', () => {
  const buses = (tracing: Tracing, answer: (message: object) => Promise<unknown>) => {
    const [commands, queries] = [{ execute: answer }, { execute: answer }];
    traceBuses(
      {
        get: (type: unknown) => (type === CommandBus ? commands : type === QueryBus ? queries : {}),
      } as never,
      tracing,
    );
    return { commands, queries };
  };

  it('are spans, and what follows from a command follows from its span', async () => {
    const { tracing, spans } = recordedSpans();
    const seen: object[] = [];
    const { commands, queries } = buses(tracing, (message) => {
      seen.push({ message, ...logFields() });
      return Promise.resolve({ repeated: false });
    });
    const sent = new Change({ do: 'cancel' }, { ...context, traceparent: ofA });
    await commands.execute(sent);
    await tracing.run({ name: 'request', after: ofA }, () => queries.execute(new Find('x')));
    const [command, query, request] = spans();
    expect(command).toMatchObject({
      ...{ name: 'Change.cancel', kind: 'INTERNAL', traceId: traceA, parentId: spanA, failed: false },
      attributes: { 'commerce.command.outcome': 'accepted' },
    });
    expect(query).toMatchObject({ name: 'Find', parentId: request?.spanId });
    const traceparent = `00-${traceA}-${command?.spanId ?? ''}-01`;
    expect(seen[0]).toStrictEqual({
      message: new Change({ do: 'cancel' }, { ...context, traceparent }),
      ...{ correlationId: 'c-1', traceId: traceA, spanId: command?.spanId },
    });
    expect(seen[1]).toMatchObject({ message: new Find('x') });
    expect(sent.context.traceparent).toBe(ofA);
  });

  it('say what came of them', async () => {
    const { tracing, spans } = recordedSpans();
    const answers: unknown[] = [reject('OUT_OF_STOCK', 'Ann wants too many.'), { repeated: true }];
    const { commands } = buses(tracing, () => Promise.resolve(answers.shift()));
    await commands.execute(new Change({ do: 'a' }, context));
    await commands.execute(new Change({ do: 'b' }, context));
    expect(spans()).toMatchObject([
      { parentId: undefined, failed: false },
      { parentId: undefined, failed: false },
    ]);
    expect(spans().map(({ attributes }) => attributes)).toStrictEqual([
      { 'commerce.command.outcome': 'refused', 'commerce.refusal.code': 'OUT_OF_STOCK' },
      { 'commerce.command.outcome': 'repeated' },
    ]);
  });
});

const metadata = {
  ...{ correlationId: 'c-1', causationId: 'c', commandId: 'k', actor: 'tester' },
  ...{ occurredAt: '2026-01-02T03:04:05.678Z', traceparent: ofA },
};
const placed: RecordedEvent = {
  ...{ id: 'e-1', type: 'OrderPlaced', version: 1, stream: 'order-o-1', revision: 0 },
  ...{ position: '1' as Position, metadata, data: { orderId: 'o-1', email: 'ann@example.test' } },
};
const { signal } = new AbortController();

describe('A reaction', () => {
  const reaction = (react: Reaction['react']): Reaction => ({
    ...{ name: 'order.fulfilment', filter: {}, maxInFlight: 7, keyOf: ({ stream }) => stream, react },
  });

  it('goes on with the trace of its event', async () => {
    const { tracing, spans } = recordedSpans();
    const seen: object[] = [];
    const traced = tracedReaction(
      reaction((event) => {
        seen.push({ event, ...logFields() });
        return tracing.run({ name: 'command', after: event.metadata.traceparent }, () => Promise.resolve());
      }),
      tracing,
    );
    await traced.react(placed, signal);
    expect({ ...traced, react: undefined, keyOf: traced.keyOf(placed) }).toStrictEqual({
      ...{ name: 'order.fulfilment', filter: {}, maxInFlight: 7, keyOf: 'order-o-1', react: undefined },
    });
    const [command, own] = spans();
    expect(own).toMatchObject({
      ...{ name: 'react order.fulfilment', kind: 'CONSUMER', traceId: traceA, parentId: spanA, links: [] },
    });
    expect(own?.attributes).toStrictEqual({
      ...{ 'commerce.stream': 'order-o-1', 'commerce.revision': 0 },
      ...{ 'commerce.event.id': 'e-1', 'commerce.event.type': 'OrderPlaced', 'commerce.order.id': 'o-1' },
    });
    expect(command?.parentId).toBe(own?.spanId);
    const traceparent = `00-${traceA}-${own?.spanId ?? ''}-01`;
    expect(seen).toStrictEqual([
      {
        event: { ...placed, metadata: { ...metadata, traceparent } },
        ...{ correlationId: 'c-1', traceId: traceA, spanId: own?.spanId },
      },
    ]);
  });

  it('that leads to nothing is not told of', async () => {
    const { tracing, spans } = recordedSpans();
    await tracedReaction(
      reaction(() => Promise.resolve()),
      tracing,
    ).react(placed, signal);
    expect(spans()).toEqual([]);
  });
});

describe('A consumer', () => {
  const event: Consumed = {
    ...{ id: 'e-1', type: 'OrderConfirmed', stream: 'order-o-1', revision: 1, position: '2' as Position },
    ...{ metadata, data: { orderId: 'o-1' } },
  };
  const consumer = (handle: Consumer['handle']): Consumer => ({
    ...{ group: 'shipping', topics: ['commerce.order.events'], handles: ['OrderConfirmed'], handle },
  });
  const message = { topic: 'commerce.order.events', partition: 2, offset: 40 };

  const handled = async (redriven: boolean) => {
    const { tracing, spans } = recordedSpans();
    const contexts: (string | undefined)[] = [];
    const traced = tracedConsumer(
      consumer(({ metadata: { traceparent } }) => {
        contexts.push(traceparent);
        expect(logFields()).toMatchObject({ correlationId: 'c-1' });
        return Promise.resolve();
      }),
      tracing,
    );
    await traced.handle(event, signal, { message, redriven });
    const [span] = spans();
    expect(contexts).toEqual([`00-${span?.traceId ?? ''}-${span?.spanId ?? ''}-01`]);
    return span;
  };

  it('goes on with the trace of its event', async () => {
    const span = await handled(false);
    expect(span).toMatchObject({
      ...{
        name: 'process commerce.order.events',
        kind: 'CONSUMER',
        traceId: traceA,
        parentId: spanA,
        links: [],
      },
    });
    expect(span?.attributes).toStrictEqual({
      ...{ 'messaging.system': 'kafka', 'messaging.operation.type': 'process' },
      ...{ 'messaging.operation.name': 'process', 'messaging.consumer.group.name': 'shipping' },
      ...{ 'messaging.message.id': 'e-1', 'messaging.destination.name': 'commerce.order.events' },
      ...{ 'messaging.destination.partition.id': '2', 'messaging.kafka.offset': 40 },
      ...{ 'commerce.stream': 'order-o-1', 'commerce.revision': 1, 'commerce.event.type': 'OrderConfirmed' },
      ...{ 'commerce.redriven': false, 'commerce.order.id': 'o-1' },
    });
  });

  it('of what had been put aside begins a trace that is linked to that of its event', async () => {
    const span = await handled(true);
    expect(span).toMatchObject({ parentId: undefined, links: [spanA] });
    expect(span?.traceId).not.toBe(traceA);
    expect(span?.attributes).toMatchObject({ 'commerce.redriven': true });
  });
});
