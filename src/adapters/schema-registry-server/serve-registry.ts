import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { type Logger } from '../../ports/logger.js';
import { type EmbeddedSchemaRegistry } from '../embedded/schema-registry.js';
import { type ErrorDocument, httpError, statusOf, toErrorDocument } from './documents.js';
import { Query } from './input.js';
import { type Route, routesOf } from './routes.js';

export interface ServeOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly logger: Logger;
}

export interface RegistryServer {
  readonly url: string;
  /** Requests in hand are finished first, if they do not take too long. */
  close(): Promise<void>;
}

/** As much as Kafka takes in a message by default, and with it Confluent's registry. */
const bodyLimit = 1_048_576;
const patienceMs = 2_000;

const mediaTypes = [
  'application/vnd.schemaregistry.v1+json',
  'application/vnd.schemaregistry+json',
  'application/json',
] as const;

/** Serves the REST API of Confluent's registry, so that others' clients and tools work with the embedded one. */
export const serveRegistry = async (
  registry: EmbeddedSchemaRegistry,
  { host, port, logger }: ServeOptions,
): Promise<RegistryServer> => {
  const server = Fastify({
    bodyLimit,
    requestTimeout: 30_000,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 4_096 },
    frameworkErrors: (error, _request, reply) => {
      void send(reply, { error_code: error.statusCode ?? 400, message: error.message });
    },
  });
  acceptJson(server);
  for (const route of routesOf(registry)) serve(server, route);
  refuseOtherMethods(server, routesOf(registry));
  server.setNotFoundHandler((_request, reply) =>
    send(reply, { error_code: 404, message: 'HTTP 404 Not Found' }),
  );
  server.setErrorHandler((error, request, reply) => {
    const document = toErrorDocument(error) ??
      ofFramework(error) ?? { error_code: 500, message: 'Internal Server Error' };
    if (statusOf(document) >= 500) {
      logger.error({ err: error, method: request.method, url: request.url }, 'The schema registry failed');
    }
    return send(reply, document);
  });
  await server.listen({ host, port });

  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('The registry listens on no port.');
  const close = async (): Promise<void> => {
    const closed = server.close();
    const patience = setTimeout(() => {
      server.server.closeAllConnections();
    }, patienceMs);
    await closed;
    clearTimeout(patience);
  };
  return { url: `http://${host}:${address.port}`, close };
};

/** JSON by any of its names; a body without a type is refused, as web pages can send those anywhere. */
const acceptJson = (server: FastifyInstance): void => {
  server.removeAllContentTypeParsers();
  const accepted = [...mediaTypes, 'application/octet-stream'];
  server.addContentTypeParser(accepted, { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') {
      done(null, undefined);
      return;
    }
    try {
      done(null, JSON.parse(String(body)));
    } catch (error) {
      done(httpError(400, `The body is no JSON: ${error instanceof Error ? error.message : 'unreadable'}`));
    }
  });
};

const serve = (server: FastifyInstance, { method, path, answer }: Route): void => {
  server.route<{ Params: Readonly<Record<string, string>> }>({
    method,
    url: path,
    handler: async ({ params, url, body, headers }, reply) => {
      const type = mediaType(headers.accept);
      const query = new Query(new URL(url, 'http://registry').searchParams);
      const found = await answer({ param: (name) => params[name] ?? '', query, body });
      return reply.type(type).send(typeof found === 'string' ? found : JSON.stringify(found));
    },
  });
};

const refuseOtherMethods = (server: FastifyInstance, routes: readonly Route[]): void => {
  for (const url of new Set(routes.map(({ path }) => path))) {
    const served = routes.filter(({ path }) => path === url).map(({ method }): string => method);
    const allowed = served.includes('GET') ? [...served, 'HEAD'] : served;
    server.route({
      method: server.supportedMethods.filter((method) => !allowed.includes(method)),
      url,
      handler: (_request, reply) =>
        send(reply.header('allow', allowed.join(', ')), {
          error_code: 405,
          message: 'HTTP 405 Method Not Allowed',
        }),
    });
  }
};

const mediaType = (accept = '*/*'): string => {
  const wanted = accept.split(',').map((range) => range.split(';')[0]?.trim().toLowerCase());
  if (wanted.some((range) => range === '*/*' || range === 'application/*')) return mediaTypes[0];
  const type = mediaTypes.find((each) => wanted.includes(each));
  if (type === undefined) throw httpError(406, 'HTTP 406 Not Acceptable');
  return type;
};

const send = (reply: FastifyReply, document: ErrorDocument): FastifyReply =>
  reply.status(statusOf(document)).type(mediaTypes[0]).send(JSON.stringify(document));

/** Fastify's own refusals: too large, of another type, unreadable. */
const ofFramework = (error: unknown): ErrorDocument | undefined => {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  const status = Number(error.statusCode);
  return status < 500 ? { error_code: status, message: error.message } : undefined;
};
