import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Metrics } from '../../adapters/observed/metrics.js';
import { type Logger } from '../../ports/logger.js';

export interface OpsServer {
  readonly url: string;
  close(): Promise<void>;
}

/** What those who operate the process ask, on a port of its own: `GET /metrics`. */
export const serveOps = async (
  metrics: Metrics,
  { host, port, logger }: { readonly host: string; readonly port: number; readonly logger: Logger },
): Promise<OpsServer> => {
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(path === '/metrics' ? 405 : 404, { 'content-type': 'text/plain; charset=utf-8' });
      response.end('Here is nothing but GET /metrics.\n');
      return;
    }
    metrics.text().then(
      (text) => {
        response.writeHead(200, { 'content-type': metrics.contentType });
        response.end(request.method === 'HEAD' ? undefined : text);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'The metrics could not be read');
        response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
        response.end('The metrics could not be read: see the log.\n');
      },
    );
  });
  server.listen({ host, port });
  await once(server, 'listening');
  const { address, port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${actual}/metrics`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};
