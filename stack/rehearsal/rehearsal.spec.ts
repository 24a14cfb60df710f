import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hasKubectl, render, type Workload } from '../kubernetes/manifests.ts';
import { freePorts } from '../settings.ts';
import { Edge, routeOf, routesOf, type Target } from './edge.ts';
import { buildImage } from './image.ts';
import { Pod } from './pod.ts';
import { judge, type Found } from './shop.ts';
import { environmentHere, nextOf } from './version.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rehearsal-spec-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('The content of an image', () => {
  const source = (dockerfile: string, files: Readonly<Record<string, string>> = {}): string => {
    const tree = join(folder, 'source');
    for (const [name, text] of Object.entries({ ...files, Dockerfile: dockerfile })) {
      mkdirSync(join(tree, name, '..'), { recursive: true });
      writeFileSync(join(tree, name), text);
    }
    return tree;
  };

  it('is what the Dockerfile makes, stage by stage', async () => {
    const tree = source(
      [
        `FROM node:${process.versions.node}-slim AS base`,
        'WORKDIR /app',
        'ENV GREETING="hello" PORT=8080',
        'FROM base AS build',
        'COPY package.json ./',
        'COPY src src',
        'RUN mkdir dist \\',
        '  && cat src/*.txt > dist/all && echo "$GREETING" >> dist/all',
        'FROM base',
        'RUN useradd app',
        'COPY --from=build /app/dist dist',
        'COPY package.json ./',
        'USER 10001',
        'CMD ["node", "dist/main.js"]',
      ].join('\n'),
      {
        'package.json': '{"version":"1.2.3"}',
        'src/a.txt': 'a\n',
        'src/b.txt': 'b\n',
        'src/c.spec.txt': 'c\n',
        '.dockerignore': '*\n!package.json\n!src\n**/*.spec.txt\n',
      },
    );
    const told: string[] = [];
    const image = await buildImage(tree, join(folder, 'image'), (line) => told.push(line));
    const { root, directory, environment, command } = image;
    expect({ directory, environment, command, told }).toStrictEqual({
      directory: '/app',
      environment: { GREETING: 'hello', PORT: '8080' },
      command: ['node', 'dist/main.js'],
      told: ["Left out, as it concerns a container's own users: RUN useradd app"],
    });
    expect(readFileSync(join(root, 'app/dist/all'), 'utf8')).toBe('a\nb\nhello\n');

    const next = await nextOf(image, join(folder, 'next'));
    const versionIn = (at: string): string => readFileSync(join(at, 'app/package.json'), 'utf8');
    expect([versionIn(root), versionIn(next.root)]).toStrictEqual([
      '{"version":"1.2.3"}',
      '{"version":"1.2.3-next"}',
    ]);
  });

  it.each([
    ['FROM node:20-slim', 'and Node here is'],
    [`FROM node:${process.versions.node}\nADD https://example.com/x /x`, 'line 2, ADD, is not known'],
    [`FROM node:${process.versions.node}\nCOPY secret.pem ./`, 'COPY secret.pem: it is not there'],
    [`FROM node:${process.versions.node}\nCOPY --from=other /x ./`, 'there is no such stage'],
    [`FROM node:${process.versions.node}\nRUN false`, 'failed with 1'],
  ])('is refused for %j', async (dockerfile, why) => {
    const building = buildImage(source(dockerfile), join(folder, 'image'), () => undefined);
    await expect(building).rejects.toThrow(why);
  });
});

const ready = { httpGet: { path: '/health/ready', port: 'http' }, periodSeconds: 0.05, timeoutSeconds: 1 };
/** So many that no busy machine gets there. */
const probe = { ...ready, failureThreshold: 10_000 };

const workload = (
  command: readonly string[],
  more: Partial<Workload['container']> = {},
  graceSeconds = 60,
): Workload => {
  const amounts = { cpu: '1', memory: '1Mi', 'ephemeral-storage': '1Mi' };
  const container: Workload['container'] = {
    ...{ name: 'program', image: 'program', command: [...command], env: [], envFrom: [], ports: [] },
    ...{ startupProbe: probe, livenessProbe: probe, readinessProbe: probe },
    lifecycle: { preStop: { sleep: { seconds: 0 } } },
    resources: { requests: amounts, limits: amounts },
    ...more,
  };
  const spec = {
    ...{ serviceAccountName: 'order-api', automountServiceAccountToken: false, enableServiceLinks: false },
    ...{ terminationGracePeriodSeconds: graceSeconds, topologySpreadConstraints: [] },
  };
  const labels = { instance: 'order', component: 'api' };
  const template = { metadata: { labels }, spec: { ...spec, containers: [container] as [typeof container] } };
  return { name: 'order-api', labels, container, template };
};

describe('A pod', () => {
  let pods: Pod[] = [];

  afterEach(async () => {
    await Promise.all(pods.map((pod) => pod.kill()));
    pods = [];
  });

  const pod = async (program: string, graceSeconds?: number): Promise<Pod> => {
    writeFileSync(join(folder, 'program.cjs'), program);
    const [http = 0] = await freePorts(1);
    const made = new Pod({
      workload: workload(['node', 'program.cjs'], {}, graceSeconds),
      image: { root: folder, directory: '/', environment: { NODE_ENV: 'production' }, command: [] },
      environment: { PORT: String(http) },
      ports: { http },
      log: join(folder, 'log'),
    });
    pods.push(made);
    return made;
  };
  const server = `const server = require('http').createServer((_, answer) => answer.end()).listen(process.env.PORT);`;

  it('takes requests when it is ready, for a while after it is told to leave, and ends in peace', async () => {
    const one = await pod(`${server} process.once('SIGTERM', () => process.exit(0));`);
    expect(one.takesRequests).toBe(false);
    await one.start(20_000);
    expect([
      one.takesRequests,
      one.hasLabels({ instance: 'order' }),
      one.hasLabels({ instance: 'cart' }),
    ]).toEqual([...[true, true, false]]);
    await one.stop();
    expect({ takes: one.takesRequests, complaints: one.complaints }).toEqual({
      takes: false,
      complaints: [],
    });
  });

  it('is complained about when it does not end, or ends with a failure', async () => {
    const stubborn = await pod(`${server} process.on('SIGTERM', () => undefined);`, 1);
    await stubborn.start(20_000);
    await stubborn.stop();
    expect(stubborn.complaints).toEqual(['it had not ended 1 s after SIGTERM, and was killed']);
    const failing = await pod(`${server} process.on('SIGTERM', () => process.exit(3));`);
    await failing.start(20_000);
    await failing.stop();
    expect(failing.complaints).toEqual(['it ended with 3 after SIGTERM']);
  });

  it('that ends before it is ready says why', async () => {
    const broken = await pod(`console.error('no engine'); process.exit(2);`);
    await expect(broken.start(20_000)).rejects.toThrow(
      /order-api: it ended by itself, with 2\. The end of .*:\nno engine/,
    );
  });
});

describe('The edge', () => {
  const target = (name: string, port: number, takesRequests = true): Target => ({
    ...{ name, takesRequests, connections: new Agent() },
    hasLabels: (selector) => selector['instance'] === 'order',
    portOf: () => port,
  });

  (hasKubectl ? it : it.skip)('sends each path of the Ingress to the pods of its Service', () => {
    const routes = routesOf(render('dev'));
    const instanceOf = (url: string): string | undefined =>
      routeOf(routes, url)?.selector['app.kubernetes.io/instance'];
    expect(
      Object.fromEntries(
        [
          ...['/api/catalog?limit=1', '/api/products/SKU-1', '/api/carts', '/api/orders/1/timeline'],
          ...[
            '/api/payments/1',
            '/api/inventory/SKU-1',
            '/api/shipments?orderId=1',
            '/api/ordersx',
            '/health',
          ],
        ].map((url) => [url, instanceOf(url)]),
      ),
    ).toEqual({
      '/api/catalog?limit=1': 'catalog',
      '/api/products/SKU-1': 'catalog',
      '/api/carts': 'cart',
      '/api/orders/1/timeline': 'order',
      '/api/payments/1': 'payment',
      '/api/inventory/SKU-1': 'inventory',
      '/api/shipments?orderId=1': 'shipping',
      '/api/ordersx': undefined,
      '/health': undefined,
    });
  });

  it('shows what goes wrong behind it, and sends to who takes requests only', async () => {
    const backend = createServer((request, answer) => {
      request.pipe(answer.writeHead(201, { 'x-from': String(request.headers['x-forwarded-for']) }));
    }).listen(0, '127.0.0.1');
    await once(backend, 'listening');
    const { port } = backend.address() as AddressInfo;
    const [nobody = 0] = await freePorts(1);
    let targets: Target[] = [];
    const routes = [{ path: '/api/orders', selector: { instance: 'order' }, port: 'http' }];
    const edge = await Edge.open(routes, () => targets);
    const ask = async (path: string) => {
      const reply = await fetch(edge.url + path, {
        ...{ method: 'POST', body: 'an order' },
        headers: { 'x-forwarded-for': '198.51.100.7' },
      });
      return [reply.status, reply.headers.get('x-from'), await reply.text()];
    };
    try {
      expect(await ask('/api/carts')).toEqual([404, null, 'edge: no Service has this path\n']);
      const none = 'edge: no pod of the Service of /api/orders takes requests\n';
      expect(await ask('/api/orders')).toEqual([503, null, none]);
      targets = [target('leaving', nobody, false), target('there', port)];
      for (let time = 0; time < 3; time += 1) {
        expect(await ask('/api/orders')).toEqual([201, '198.51.100.7, 127.0.0.1', 'an order']);
      }
      targets = [target('gone', nobody)];
      expect(await ask('/api/orders')).toEqual([
        ...[502, null],
        expect.stringMatching(/^edge: gone did not answer: .*ECONNREFUSED/),
      ]);
    } finally {
      await edge.close();
      await new Promise((closed) => backend.close(closed));
    }
  });
});

describe('The account of an order', () => {
  const from = { 'x-forwarded-for': '198.18.0.1' };
  const placed = { orderId: 'o-1', customerId: 'c-1', sku: 'SKU-1', quantity: 2, hasContact: true, from };
  const right: Found['orders'][number] = {
    ...{ orderId: 'o-1', status: 'completed, captured, delivered', total: 200, captured: 200, refunded: 0 },
    ...{ delivered: 2, shipments: 1, mails: ['confirmed sent 1', 'delivered sent 1'] },
  };
  const verdict = (...orders: Found['orders'][number][]) => judge(placed, { orders });

  it('has nothing to say of one that is there once, paid once, delivered once and told of once', () => {
    expect(verdict(right)).toEqual({ lost: [], doubled: [] });
  });

  it.each<[string, Found['orders'], 'lost' | 'doubled']>([
    ['is not there', [], 'lost'],
    ['is stuck', [{ ...right, status: 'confirmed, authorised, reserved' }], 'lost'],
    ['was not paid', [{ ...right, captured: 0 }], 'lost'],
    ['was not delivered', [{ ...right, delivered: 1 }], 'lost'],
    ['nobody was told of', [{ ...right, mails: [] }], 'lost'],
    ['whose mail failed', [{ ...right, mails: ['confirmed failed 1'] }], 'lost'],
    ['is there twice', [right, { ...right, orderId: 'o-2' }], 'doubled'],
    ['was paid twice', [{ ...right, captured: 400 }], 'doubled'],
    ['was given back', [{ ...right, refunded: 200 }], 'doubled'],
    ['was delivered twice', [{ ...right, delivered: 4 }], 'doubled'],
    ['has two shipments', [{ ...right, shipments: 2 }], 'doubled'],
    [
      'somebody was told of twice',
      [{ ...right, mails: ['confirmed sent 1', 'confirmed sent 1'] }],
      'doubled',
    ],
  ])('sees one that %s', (_, orders, kind) => {
    const { lost, doubled } = verdict(...orders);
    expect({ lost: lost.length, doubled: doubled.length }).toEqual({
      ...{ lost: 0, doubled: 0 },
      [kind]: 1,
    });
  });
});

(hasKubectl ? describe : describe.skip)('What a process is told', () => {
  it('is what the manifests give, but for addresses, each of which they have to give', () => {
    const manifests = render('dev');
    const image = { root: '', directory: '', environment: {}, command: [] };
    const version = { name: 'v1', image, manifests };
    const api = workload([], {
      envFrom: [{ configMapRef: { name: String(manifests.find(isSettings)?.metadata.name) } }],
    });
    const told = environmentHere(version, api, { KAFKA_BROKERS: '127.0.0.1:9' });
    expect(told).toMatchObject({ KAFKA_BROKERS: '127.0.0.1:9', SIMULATED_CARRIER: 'true', PORT: '8080' });
    expect(() => environmentHere(version, api, { KAFKA: 'x' })).toThrow('order-api is not told KAFKA.');
  });
});

const isSettings = ({ kind, metadata }: { kind: string; metadata: { name: string } }): boolean =>
  kind === 'ConfigMap' && metadata.name.startsWith('settings');
