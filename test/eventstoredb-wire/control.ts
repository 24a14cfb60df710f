import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { faultsSchema } from './faults.js';
import { type WireServer } from './server.js';

const actions = ['drop-sockets', 'abort-subscriptions', 'end-subscriptions', 'restart'] as const;
const actionSchema = z.enum(actions);

/**
 * The switches of a server in another process, over HTTP on the loopback interface:
 * `GET /` faults and open calls, `PUT /faults` some of the faults as JSON, `POST /<action>`.
 */
export const serveControl = async (server: WireServer, port: number): Promise<{ url: string }> => {
  const http = createServer((request, response) => {
    handle(server, request).then(
      (answer) => response.end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(400).end(String(error)),
    );
  });
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('The control listens on no port.');
  return { url: `http://127.0.0.1:${address.port}` };
};

const handle = async (server: WireServer, request: IncomingMessage): Promise<unknown> => {
  if (request.method === 'PUT')
    Object.assign(server.faults, faultsSchema.partial().parse(JSON.parse(await text(request))));
  else if (request.method === 'POST') await act(server, actionSchema.parse(request.url?.slice(1)));
  return { faults: server.faults, open: server.open() };
};

const act = async (server: WireServer, action: (typeof actions)[number]): Promise<void> => {
  switch (action) {
    case 'drop-sockets': {
      server.dropSockets();
      return;
    }
    case 'abort-subscriptions': {
      server.abortSubscriptions();
      return;
    }
    case 'end-subscriptions': {
      server.endSubscriptions();
      return;
    }
    case 'restart':
      return server.restart();
  }
};
