import { type IncomingMessage } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type AdmissionLimits } from '../http/admission.js';
import { type Problem, problem } from '../http/problem.js';
import { type RateLimits } from '../http/rate-limit.js';
import { toProblem } from '../http/problem.filter.js';
import { correlationIdOf } from '../http/request-context.js';
import { type Config } from './config.js';

/** Fastify, so set up that what fails before a controller or filter is reached is a problem document as well. */
export const httpAdapter = (config: Config): FastifyAdapter =>
  new FastifyAdapter({
    genReqId: ({ headers }: IncomingMessage) => correlationIdOf(headers),
    bodyLimit: config.BODY_LIMIT_BYTES,
    // Who announces a body and does not send it does not keep its connection for ever.
    requestTimeout: 30_000,
    http: { headersTimeout: 10_000, maxHeaderSize: 16_384, connectionsCheckingInterval: 2_000 },
    // Who neither sends nor takes anything, while a request waits for nothing any more.
    connectionTimeout: 30_000 + config.CONSISTENCY_TIMEOUT_MS + config.REQUESTS_WAIT_MS,
    // Longer than load balancers keep theirs: a connection is not closed on a request that is on its way.
    keepAliveTimeout: 75_000,
    trustProxy: config.TRUST_PROXY ?? false,
    // Until its connection is closed, a request that arrives while stopping is answered as any other.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 1_000 },
    clientErrorHandler: (error, socket) => {
      if (error.code === 'ECONNRESET' || !socket.writable) return;
      const body = unparsable(error);
      const text = JSON.stringify(body);
      socket.end(
        `HTTP/1.1 ${body.status} ${body.title}\r\ncontent-type: application/problem+json\r\nconnection: close\r\n` +
          `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
      );
    },
    // What the router cannot even parse never gets as far as the exception filter.
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
      const { problem } = toProblem(error);
      void reply.status(problem.status).type('application/problem+json').send(problem);
    },
  });

export const rateLimitsOf = (config: Config): RateLimits => ({
  customers: config.RATE_LIMIT_PER_SECOND,
  services: config.RATE_LIMIT_SERVICE_PER_SECOND,
  strangers: config.RATE_LIMIT_REFUSED_PER_SECOND,
  burstSeconds: config.RATE_LIMIT_BURST_SECONDS,
});

export const admissionLimitsOf = (config: Config): AdmissionLimits => ({
  inHand: config.REQUESTS_IN_HAND_MAX,
  waiting: config.REQUESTS_WAITING_MAX,
  patienceMs: config.REQUESTS_WAIT_MS,
  bodyBytes: config.BODIES_MAX_BYTES,
});

/** Orchestrators ask at any time; event streams have a bound of their own (LIVE_STREAMS_MAX). */
export const isAlwaysAdmitted = (route: string): boolean =>
  /^\/health(\/|$)/.test(route) || route.endsWith('/stream');

/** JSON, and no other type. An empty body is none: many clients announce JSON whether they send any or not. */
export const acceptJsonOnly = (fastify: FastifyInstance): void => {
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parseJson(request, String(body), done);
  });
};

/** What Node's parser refuses has no request and no reply yet. */
const unparsable = ({ code }: { readonly code?: string }): Problem => {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return problem(
      431,
      'HEADERS_TOO_LARGE',
      'The address and headers of the request are too large together.',
    );
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return problem(408, 'REQUEST_TIMED_OUT', 'The request did not arrive in time.');
  }
  return problem(400, 'MALFORMED_REQUEST', 'This is not an HTTP request.');
};
