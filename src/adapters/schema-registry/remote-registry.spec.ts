import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { RegistryRefusal, RegistryUnavailable } from '../../ports/schema-registry.js';
import { describeSchemaRegistryContract } from '../../testing/schema-registry.contract.js';
import { openEmbedded } from '../embedded/index.js';
import { serveRegistry } from '../schema-registry-server/serve-registry.js';
import { RemoteSchemaRegistry } from './remote-registry.js';
import { selfSigned } from './testing/certificate.js';

const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

describeSchemaRegistryContract('A registry behind the REST API', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'remote-registry-'));
  const engine = openEmbedded({ dataDir });
  const server = await serveRegistry(engine.schemaRegistry, { host: '127.0.0.1', port: 0, logger });
  return {
    registry: new RemoteSchemaRegistry({ url: server.url }),
    another: () => Promise.resolve(new RemoteSchemaRegistry({ url: `${server.url}/` })),
    dispose: async () => {
      await server.close();
      await engine.close();
      await rm(dataDir, { recursive: true });
    },
  };
});

describe('A registry that does not answer as it should', () => {
  const closings: (() => void)[] = [];
  afterEach(() => {
    for (const close of closings.splice(0)) close();
  });

  /** The answers one after the other; the last one stays. */
  const serve = (...answers: readonly RequestListener[]) => serveBy('http', createServer, answers);

  const serveBy = async (
    protocol: string,
    create: (listener: RequestListener) => Server,
    answers: readonly RequestListener[],
  ) => {
    const asked: string[] = [];
    const server = create((request, response) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
      answer?.(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closings.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('No port is free.');
    return { url: `${protocol}://127.0.0.1:${address.port}`, asked };
  };
  const answering =
    (status: number, body: string): RequestListener =>
    (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    };
  const busy = answering(503, '{"error_code":50002,"message":"Busy"}');

  it('is asked again when its trouble may pass', async () => {
    const { url, asked } = await serve(
      busy,
      (request) => request.socket.destroy(),
      answering(200, '["order"]'),
    );
    const registry = new RemoteSchemaRegistry({ url: `${url}/apis/ccompat/v7/`, pauseMs: 1 });
    expect(await registry.subjects()).toEqual(['order']);
    expect(asked).toEqual(Array(3).fill('GET /apis/ccompat/v7/subjects'));
  });

  it('is given up in the end, with its own words', async () => {
    const { url, asked } = await serve(busy);
    const registry = new RemoteSchemaRegistry({ url, attempts: 3, pauseMs: 1 });
    await expect(registry.latest('order')).rejects.toThrow(
      new RegistryUnavailable(`${url}/subjects/order/versions/latest: Busy`),
    );
    expect(asked).toHaveLength(3);
  });

  it.each([
    ['says nothing', (): void => undefined],
    ['does not end what it says', (_request, response) => response.writeHead(200).write('["order')],
  ] satisfies [string, RequestListener][])(
    'is not waited for without end when it %s',
    async (_how, answer) => {
      const { url } = await serve(answer);
      const registry = new RemoteSchemaRegistry({ url, timeoutMs: 20 });
      await expect(registry.subjects()).rejects.toBeInstanceOf(RegistryUnavailable);
    },
  );

  it('is named without the password', async () => {
    const { url } = await serve((request) => request.socket.destroy(), busy);
    const login = { username: 'ann', password: 's@fe' };
    for (const reason of ['cannot be reached: Error: socket hang up', 'Busy']) {
      const registry = new RemoteSchemaRegistry({ url, login, attempts: 1 });
      const failure: unknown = await registry.subjects().catch((error: unknown) => error);
      expect(String(failure)).toContain(reason);
      expect(inspect(failure, { depth: Infinity, showHidden: true })).not.toMatch(
        new RegExp(`s@fe|${annWithPassword}`),
      );
    }
  });

  it('is told by its status when the answer is that of a proxy', async () => {
    const { url } = await serve(answering(502, '<html></html>'), answering(400, '<html></html>'));
    const registry = new RemoteSchemaRegistry({ url, attempts: 1 });
    const unknown = 'Unknown error: Request failed with status code';
    await expect(registry.subjects()).rejects.toThrow(
      new RegistryUnavailable(`${url}/subjects: ${unknown} 502`),
    );
    await expect(registry.subjects()).rejects.toThrow(new RegistryRefusal(400, `${unknown} 400`));
  });

  it('is looked for in vain where its API is not', async () => {
    const { url } = await serve(answering(404, '<html></html>'));
    await expect(new RemoteSchemaRegistry({ url }).subjects()).rejects.toThrow(
      new RegistryRefusal(
        404,
        `${url}/subjects is not there: Unknown error: Request failed with status code 404. SCHEMA_REGISTRY_URL has ` +
          "to end with the path of Confluent's API, if there is one (Apicurio: /apis/ccompat/v7).",
      ),
    );
    const secure = new RemoteSchemaRegistry({ url: url.replace('http:', 'https:'), attempts: 1 });
    await expect(secure.subjects()).rejects.toThrow(
      /The server does not speak TLS there: say http:\/\/ in SCHEMA_REGISTRY_URL, or correct the port\.$/,
    );
  });

  it('is not asked again when it refuses', async () => {
    const { url, asked } = await serve(answering(401, '{"error_code":401,"message":"Unauthorized"}'));
    await expect(new RemoteSchemaRegistry({ url }).subjects()).rejects.toThrow(
      new RegistryRefusal(
        401,
        `${url} does not accept the name, password or token that it was given: Unauthorized`,
      ),
    );
    expect(asked).toHaveLength(1);
  });

  it('is not believed when it is no registry', async () => {
    const { url } = await serve(answering(200, '<html></html>'));
    await expect(new RemoteSchemaRegistry({ url, attempts: 1 }).subjects()).rejects.toThrow(
      `${url}/subjects answers otherwise than Confluent's API: <html></html>`,
    );
  });

  const showLogin: RequestListener = ({ headers }, response) => {
    response.end(JSON.stringify([headers.authorization]));
  };
  const annWithPassword = `Basic ${Buffer.from('ann:s@fe').toString('base64')}`;

  it.each([
    ['a name and password', { username: 'ann', password: 's@fe' }, annWithPassword],
    ['a token', { token: 'abc' }, 'Bearer abc'],
    ['the name and password of its address', undefined, annWithPassword],
  ])('is given %s', async (_what, login, expected) => {
    const { url } = await serve(showLogin);
    const registry = login
      ? new RemoteSchemaRegistry({ url: url.replace('//', '//bob:other@'), login })
      : new RemoteSchemaRegistry({ url: url.replace('//', '//ann:s%40fe@') });
    expect(await registry.subjects()).toEqual([expected]);
  });

  it('is trusted over TLS by the authority that it was given only', async () => {
    const own = selfSigned();
    const create = (listener: RequestListener) => createSecureServer(own, listener);
    const { url } = await serveBy('https', create, [answering(200, '["order"]')]);
    expect(await new RemoteSchemaRegistry({ url, tls: { ca: own.cert } }).subjects()).toEqual(['order']);
    for (const tls of [{}, { ca: selfSigned().cert }]) {
      const stranger = new RemoteSchemaRegistry({ url, tls, attempts: 1 });
      const failure: unknown = await stranger.subjects().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(RegistryUnavailable);
      expect(String(failure)).toContain(`${url}/subjects cannot be reached: Error: self-signed certificate`);
    }
  });

  it('is asked once for a schema that is there, by any number at once', async () => {
    const { url, asked } = await serve(
      answering(404, '{"error_code":40403,"message":"Schema not found"}'),
      answering(200, '{"schema":"\\"string\\""}'),
    );
    const registry = new RemoteSchemaRegistry({ url });
    expect(await registry.byId(7)).toBeUndefined();
    const found = await Promise.all([registry.byId(7), registry.byId(7)]);
    expect([...found, await registry.byId(7)]).toEqual(Array(3).fill({ schema: '"string"', references: [] }));
    expect(asked).toEqual(Array(2).fill('GET /schemas/ids/7'));
  });
});
