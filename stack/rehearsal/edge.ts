import {
  type Agent,
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { z } from 'zod';
import { type Labels, type Manifest } from '../kubernetes/manifests.ts';

const ingress = z.object({
  rules: z.array(
    z.object({
      http: z.object({
        paths: z.array(
          z.object({
            path: z.string(),
            pathType: z.literal('Prefix'),
            backend: z.object({
              service: z.object({ name: z.string(), port: z.object({ name: z.string() }) }),
            }),
          }),
        ),
      }),
    }),
  ),
});
const service = z.object({
  selector: z.record(z.string(), z.string()),
  ports: z.array(z.object({ name: z.string(), targetPort: z.string() })),
});

/** A pod, as far as requests are concerned. */
export interface Target {
  readonly name: string;
  readonly takesRequests: boolean;
  readonly connections: Agent;
  hasLabels(selector: Labels): boolean;
  portOf(name: string): number;
}

export interface Route {
  readonly path: string;
  /** The labels of the pods behind the Service. */
  readonly selector: Labels;
  /** The name of the port of theirs that it sends to. */
  readonly port: string;
}

/** Which pods the Ingress sends a path to, by way of the Services. Longer paths come first. */
export const routesOf = (manifests: readonly Manifest[]): readonly Route[] => {
  const services = new Map(
    manifests.filter(({ kind }) => kind === 'Service').map(({ metadata, spec }) => [metadata.name, spec]),
  );
  return manifests
    .filter(({ kind }) => kind === 'Ingress')
    .flatMap(({ spec }) => ingress.parse(spec).rules)
    .flatMap(({ http }) => http.paths)
    .map(({ path, backend }) => {
      const { selector, ports } = service.parse(services.get(backend.service.name));
      const port = ports.find(({ name }) => name === backend.service.port.name);
      if (port === undefined) {
        throw new Error(`The Ingress sends ${path} to a port that ${backend.service.name} has not.`);
      }
      return { path, selector, port: port.targetPort };
    })
    .sort((one, other) => other.path.length - one.path.length);
};

export const routeOf = (routes: readonly Route[], url: string): Route | undefined => {
  const { pathname } = new URL(url, 'http://edge');
  return routes.find(({ path }) => pathname === path || pathname.startsWith(`${path}/`));
};

/**
 * As the load balancer with the Services behind it: each request goes to the next of the pods that get requests, over connections that
 * are kept. What fails on the way is answered 502 and not tried again, so that it is seen.
 */
export class Edge {
  private readonly server: Server;
  private turn = 0;

  private readonly routes: readonly Route[];
  private readonly pods: () => Iterable<Target>;

  private constructor(routes: readonly Route[], pods: () => Iterable<Target>) {
    this.routes = routes;
    this.pods = pods;
    this.server = createServer((incoming, answer) => {
      this.forward(incoming, answer);
    });
  }

  static async open(routes: readonly Route[], pods: () => Iterable<Target>): Promise<Edge> {
    const edge = new Edge(routes, pods);
    edge.server.listen(0, '127.0.0.1');
    await once(edge.server, 'listening');
    return edge;
  }

  get url(): string {
    const address: string | AddressInfo | null = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('The edge does not listen.');
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  private forward(incoming: IncomingMessage, answer: ServerResponse): void {
    const { method, url = '/', headers, socket } = incoming;
    const refuse = (status: number, why: string): void => {
      if (answer.headersSent) answer.destroy();
      else answer.writeHead(status, { 'content-type': 'text/plain' }).end(`${why}\n`);
    };
    const route = routeOf(this.routes, url);
    if (route === undefined) {
      refuse(404, 'edge: no Service has this path');
      return;
    }
    const pods = [...this.pods()].filter((pod) => pod.takesRequests && pod.hasLabels(route.selector));
    const pod = pods[this.turn++ % pods.length];
    if (pod === undefined) {
      refuse(503, `edge: no pod of the Service of ${route.path} takes requests`);
      return;
    }
    const forwardedFor = [headers['x-forwarded-for'], socket.remoteAddress].filter(
      (each) => each !== undefined,
    );
    const outgoing = request({
      ...{ host: '127.0.0.1', port: pod.portOf(route.port), method, path: url, agent: pod.connections },
      headers: { ...headers, 'x-forwarded-for': forwardedFor.join(', ') },
    });
    outgoing.once('error', (failure) => {
      refuse(502, `edge: ${pod.name} did not answer: ${failure.message}`);
    });
    outgoing.once('response', (response) => {
      const { connection: _, 'keep-alive': __, ...its } = response.headers;
      answer.writeHead(response.statusCode ?? 502, its);
      response.once('error', () => answer.destroy());
      response.pipe(answer);
    });
    answer.once('close', () => {
      if (!answer.writableFinished) outgoing.destroy();
    });
    incoming.pipe(outgoing);
  }
}
