import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { RegistryRefusal, RegistryUnavailable } from '../../ports/schema-registry.js';
import { describeSchemaRegistryContract } from '../../testing/schema-registry.contract.js';
import { openEmbedded } from '../embedded/index.js';
import { serveRegistry } from '../schema-registry-server/serve-registry.js';
import { RemoteSchemaRegistry } from './remote-registry.js';

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

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
  const serve = async (...answers: readonly RequestListener[]) => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
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
    return { url: `http://127.0.0.1:${address.port}`, asked };
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

  it('is not waited for without end', async () => {
    const { url } = await serve(() => undefined);
    const registry = new RemoteSchemaRegistry({ url, timeoutMs: 20, attempts: 1 });
    await expect(registry.subjects()).rejects.toBeInstanceOf(RegistryUnavailable);
  });

  it('is not asked again when it refuses', async () => {
    const { url, asked } = await serve(answering(401, '{"error_code":401,"message":"Unauthorized"}'));
    await expect(new RemoteSchemaRegistry({ url }).subjects()).rejects.toThrow(
      new RegistryRefusal(401, 'Unauthorized'),
    );
    expect(asked).toHaveLength(1);
  });

  it('is not believed when it is no registry', async () => {
    const { url } = await serve(answering(200, '<html></html>'));
    await expect(new RemoteSchemaRegistry({ url, attempts: 1 }).subjects()).rejects.toThrow(
      `${url}/subjects answers otherwise than Confluent's API: <html></html>`,
    );
  });

  it('is given the name and password of its address', async () => {
    const { url } = await serve(({ headers }, response) => {
      response.end(JSON.stringify([headers.authorization]));
    });
    const registry = new RemoteSchemaRegistry({ url: url.replace('//', '//ann:s%40fe@') });
    expect(await registry.subjects()).toEqual([`Basic ${Buffer.from('ann:s@fe').toString('base64')}`]);
  });
});
