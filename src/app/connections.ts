import { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';

/** Of a request; proxies and tracing add a dozen to what a client sends. */
const mostHeaders = 100;

/**
 * The connections of a server. A stop waits for the requests in hand and closes all other connections: those that
 * never sent anything, or never all of a request, would keep it waiting for ever.
 */
export class Connections {
  private readonly open = new Map<Socket, IncomingMessage | undefined>();
  private closing = false;

  /** @param most beyond which a connection is closed at once */
  constructor(server: Server, most: number) {
    server.maxConnections = most;
    server.maxHeadersCount = mostHeaders;
    server.on('connection', (socket: Socket) => {
      this.open.set(socket, undefined);
      socket.once('close', () => this.open.delete(socket));
    });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const { socket } = request;
      this.open.set(socket, request);
      response.once('close', () => {
        // A pipelined request may have come after it.
        if (this.open.get(socket) !== request) return;
        this.open.set(socket, undefined);
        if (this.closing) socket.destroySoon();
      });
    });
  }

  /** Closes those without a request in hand now, the others as soon as they are answered. */
  close(): void {
    this.closing = true;
    for (const [socket, request] of this.open) if (request === undefined) socket.destroy();
  }

  /** Closes those whose request has not arrived in full. */
  abandonIncomplete(): void {
    for (const [socket, request] of this.open) if (request?.complete === false) socket.destroy();
  }
}
