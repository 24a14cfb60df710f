import { type IncomingMessage } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Problem, problem } from '../http/problem.js';
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
