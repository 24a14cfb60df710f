import { type FastifyInstance } from 'fastify';
import { type Metrics } from '../../adapters/observed/metrics.js';

/** How many requests come to each route, how they are answered and how long that takes. */
export const observeRequests = (fastify: FastifyInstance, metrics: Metrics): void => {
  const durations = metrics.durations(
    'commerce_http_request_duration_seconds',
    'Requests by route; a stream of events counts when it ends',
    ['method', 'route', 'status'],
  );
  const underWay = metrics.gauge('commerce_http_requests_under_way', 'Requests that are not answered yet');
  fastify.addHook('onRequest', (_request, _reply, done) => {
    underWay.inc();
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    underWay.dec();
    const labels = {
      method: methodOf(request.method),
      // As it is declared, so that ids are no labels.
      route: request.routeOptions.url ?? 'none',
      status: String(reply.statusCode),
    };
    durations.observe(labels, reply.elapsedTime / 1_000, traceIdOf(request.headers['traceparent']));
    done();
  });
  // One that is given up by its client is answered by nobody.
  fastify.addHook('onRequestAbort', (_request, done) => {
    done();
  });
};

const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);
/** A client may invent methods. */
const methodOf = (method: string): string => (methods.has(method) ? method : 'other');

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const traceIdOf = (traceparent: string | string[] | undefined): string | undefined =>
  typeof traceparent === 'string'
    ? /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent)?.[1]
    : undefined;
