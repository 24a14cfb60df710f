import { type FastifyInstance, type FastifyReply } from 'fastify';
import { type Metrics } from '../../adapters/observed/metrics.js';
import { logFields } from '../../adapters/observed/tracing.js';

/** How many requests come to each route, how they are answered and how long that takes. */
export const observeRequests = (fastify: FastifyInstance, metrics: Metrics): void => {
  const durations = metrics.durations(
    'commerce_http_request_duration_seconds',
    'Requests by route; a stream of events counts when it ends',
    ['method', 'route', 'status'],
  );
  const underWay = metrics.gauge('commerce_http_requests_under_way', 'Requests that are not answered yet');
  fastify.addHook('onRequest', (request, reply, done) => {
    underWay.inc();
    const end = durations.start();
    const { traceId } = logFields();
    // Comes also when the client breaks it off, of which Fastify's own hooks do not tell.
    reply.raw.once('close', () => {
      underWay.dec();
      const labels = {
        method: methodOf(request.method),
        // As it is declared, so that ids are no labels.
        route: request.routeOptions.url ?? 'none',
        status: String(statusOf(reply)),
      };
      end(labels, traceId);
    });
    done();
  });
};

/** As nginx says that a client did not wait for the answer. */
const clientClosedRequest = 499;

export const statusOf = (reply: FastifyReply): number =>
  reply.raw.headersSent ? reply.statusCode : clientClosedRequest;

const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);
/** A client may invent methods. */
export const methodOf = (method: string): string => (methods.has(method) ? method : 'other');
