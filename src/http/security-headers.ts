import { type FastifyInstance } from 'fastify';

/** An answer of the API is data: as a page it may load, run and be framed by nothing. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'";

/** Pages are the program's own: scripts and styles come from here (the API document's page has styles in it). */
const pagePolicy = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const always = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** Headers that tell browsers and caches to be careful. @param hstsSeconds 0: the service is not behind TLS */
export const secureAnswers = (fastify: FastifyInstance, hstsSeconds: number): void => {
  const common = new Map(
    Object.entries({
      ...always,
      ...(hstsSeconds > 0 && { 'strict-transport-security': `max-age=${hstsSeconds}; includeSubDomains` }),
    }),
  );
  const ofData = new Map([
    ...common,
    ['content-security-policy', dataPolicy],
    // Most of it is about somebody.
    ['cache-control', 'no-store'],
  ]);
  const ofPages = new Map([...common, ['content-security-policy', pagePolicy]]);
  fastify.addHook('onRequest', (request, reply, done) => {
    // On Node's own response: an event stream has no other.
    reply.raw.setHeaders(/^\/(api|health)\//.test(request.url) ? ofData : ofPages);
    done();
  });
};
