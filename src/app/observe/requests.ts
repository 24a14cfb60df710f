import { type FastifyInstance, type FastifyReply } from 'fastify';
import { type Metrics } from '../../adapters/observed/metrics.js';
import { logFields } from '../../adapters/observed/tracing.js';
import { type Admission } from '../../http/admission.js';

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

/** What is let in, what waits, and what is refused because there is too much. */
export const observeAdmission = (admission: Pick<Admission, 'status'>, metrics: Metrics): void => {
  metrics.measured(
    'commerce_http_admission_requests',
    'Requests that are worked on, and those that wait for their turn',
    ['state'],
    () => [
      { labels: { state: 'in-hand' }, value: admission.status.inHand },
      { labels: { state: 'waiting' }, value: admission.status.waiting },
    ],
  );
  metrics.measured(
    'commerce_http_admission_body_bytes',
    'Bytes of bodies that have come of requests that are not answered yet',
    [],
    () => [{ labels: {}, value: admission.status.bodyBytes }],
  );
  metrics.counted(
    'commerce_http_admission_refused_total',
    'Requests that were answered 503 OVERLOADED, by reason',
    ['reason'],
    () => Object.entries(admission.status.refused).map(([reason, value]) => ({ labels: { reason }, value })),
  );
};

/** As nginx says that a client did not wait for the answer. */
const clientClosedRequest = 499;

export const statusOf = (reply: FastifyReply): number =>
  reply.raw.headersSent ? reply.statusCode : clientClosedRequest;

const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);
/** A client may invent methods. */
export const methodOf = (method: string): string => (methods.has(method) ? method : 'other');
