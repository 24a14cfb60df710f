import { type INestApplicationContext } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Metrics } from '../../adapters/observed/metrics.js';
import { type TraceExport } from '../../adapters/observed/trace-export.js';
import { type OpenSpan, type Tracing } from '../../adapters/observed/tracing.js';
import { type Consumer } from '../../consumers/consumer.js';
import { type CommandContext } from '../../execution/command-context.js';
import { type Reaction } from '../../execution/reactor.js';
import { traceparent } from '../../http/request-context.js';
import { type EventMetadata } from '../../kernel/envelope.js';
import { isRejection } from '../../kernel/rejection.js';
import { type Logger } from '../../ports/logger.js';
import { aroundBus, commandName, outcomeOf } from './bus.js';
import { methodOf, statusOf } from './requests.js';

/** How much of what should be seen is not. */
export const observeTraces = ({ lost }: Pick<TraceExport, 'lost'>, metrics: Metrics): void => {
  metrics.counted('commerce_trace_spans_lost_total', 'Spans that the collector did not get', [], () => [
    { labels: {}, value: lost() },
  ]);
};

/** A span for every request, and a line in the log at its end. Those who ask for its health are left out. */
export const traceRequests = (fastify: FastifyInstance, tracing: Tracing, logger: Logger): void => {
  const spans = new WeakMap<FastifyRequest, OpenSpan>();
  fastify.addHook('onRequest', (request, reply, done) => {
    // As it is declared: an address may hold anything, and ids are no names.
    const { url: route } = request.routeOptions;
    if (route?.startsWith('/health')) {
      done();
      return;
    }
    const start = performance.now();
    const method = methodOf(request.method);
    const { tracestate } = request.headers;
    const span = tracing.begin({
      name: route === undefined ? method : `${method} ${route}`,
      kind: 'SERVER',
      after: traceparent(request),
      tracestate: typeof tracestate === 'string' ? tracestate : undefined,
      correlationId: request.id,
      attributes: {
        'http.request.method': method === 'other' ? '_OTHER' : method,
        'url.scheme': 'http',
        ...(route !== undefined && { 'http.route': route }),
      },
    });
    spans.set(request, span);
    reply.raw.once('close', () => {
      const status = statusOf(reply);
      const ms = Math.round(performance.now() - start);
      span.within(() => {
        logger.debug({ method, route: route ?? null, status, ms }, 'A request was answered');
      });
      span.set({ 'http.response.status_code': status });
      if (status >= 500) span.failAs(String(status));
      else span.end();
    });
    span.within(done);
  });
  // What Node reads of a body comes out of another context.
  fastify.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request);
    if (span === undefined) done();
    else span.within(done);
  });
};

/** A span for every command and query. What a command leads to follows from its span. */
export const traceBuses = (context: INestApplicationContext, tracing: Tracing): void => {
  aroundBus(context.get(CommandBus), (message, execute) => {
    const given = contextIn(message);
    const beginning = {
      name: commandName(message),
      after: tracing.current === undefined ? given?.traceparent : undefined,
      correlationId: given?.correlationId,
    };
    return tracing.run(beginning, async (span) => {
      const result = await execute(given === undefined ? message : within(span, message, given));
      span.set({ 'commerce.command.outcome': outcomeOf(result) });
      if (isRejection(result)) span.set({ 'commerce.refusal.code': result.code });
      return result;
    });
  });
  aroundBus(context.get(QueryBus), (message, execute) =>
    tracing.run({ name: message.constructor.name }, () => execute(message)),
  );
};

/** The reaction to an event goes on with its trace, however late it comes. One that leads to nothing is not told of. */
export const tracedReaction = (reaction: Reaction, tracing: Tracing): Reaction => ({
  ...reaction,
  react: (event, signal) => {
    const { metadata, stream, revision, id, type, data } = event;
    const beginning = {
      name: `react ${reaction.name}`,
      kind: 'CONSUMER' as const,
      after: metadata.traceparent,
      correlationId: metadata.correlationId,
      onlyIfUsed: true,
      attributes: () => ({
        'commerce.stream': stream,
        'commerce.revision': revision,
        'commerce.event.id': id,
        'commerce.event.type': type,
        ...orderIn(data),
      }),
    };
    return tracing.run(beginning, (span) => reaction.react(following(event, span), signal));
  },
});

/**
 * What a consumer does goes on with the trace of the event. One that had been put aside and is tried again is a trace of
 * its own, linked to that of the event: nobody knows how much later that is, or how often.
 */
export const tracedConsumer = (consumer: Consumer, tracing: Tracing): Consumer => ({
  ...consumer,
  handle: (event, signal, arrival) => {
    const { metadata, stream, revision, id, type, data } = event;
    const { topic, partition, offset } = arrival?.message ?? {};
    const isRedriven = arrival?.redriven === true;
    const beginning = {
      name: topic === undefined ? 'process' : `process ${topic}`,
      kind: 'CONSUMER' as const,
      ...(isRedriven ? { root: true, links: [metadata.traceparent] } : { after: metadata.traceparent }),
      correlationId: metadata.correlationId,
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.type': 'process',
        'messaging.operation.name': 'process',
        'messaging.consumer.group.name': consumer.group,
        'messaging.message.id': id,
        ...(topic !== undefined && { 'messaging.destination.name': topic }),
        ...(partition !== undefined && { 'messaging.destination.partition.id': String(partition) }),
        ...(offset !== undefined && { 'messaging.kafka.offset': offset }),
        'commerce.stream': stream,
        'commerce.revision': revision,
        'commerce.event.type': type,
        'commerce.redriven': isRedriven,
        ...orderIn(data),
      },
    };
    return tracing.run(beginning, (span) => consumer.handle(following(event, span), signal, arrival));
  },
});

/** The event as the cause of what is done within the span. */
const following = <Event extends { readonly metadata: Pick<EventMetadata, 'traceparent'> }>(
  event: Event,
  { traceparent: context }: OpenSpan,
): Event => {
  if (event.metadata.traceparent === context) return event;
  const { traceparent: _, ...metadata } = event.metadata;
  return { ...event, metadata: { ...metadata, ...(context !== undefined && { traceparent: context }) } };
};

const orderIn = (data: object): { readonly 'commerce.order.id'?: string } =>
  'orderId' in data && typeof data.orderId === 'string' ? { 'commerce.order.id': data.orderId } : {};

/** The messages of all commands that come to a stream have one. */
const contextIn = (message: object): CommandContext | undefined =>
  'context' in message && typeof message.context === 'object' && message.context !== null
    ? (message.context as CommandContext)
    : undefined;

/** The same message, sent from within the span. */
const within = ({ traceparent: context }: OpenSpan, message: object, given: CommandContext): object => {
  const copy = Object.create(Object.getPrototypeOf(message) as object) as object;
  return Object.assign(copy, message, { context: { ...given, traceparent: context } });
};
