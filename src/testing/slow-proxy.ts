import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface Slowness {
  /** Bytes that pass at once. */
  readonly piece: number;
  /** Before each piece, in either direction. */
  readonly pauseMs: number;
}

/** TCP that goes through here may be slowed down, or held, as by a bad network or an overworked server. */
export class SlowProxy {
  /** undefined: as fast as can be. */
  slowness: Slowness | undefined;
  /** The port that it passes everything on to. */
  target = 0;
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();

  constructor(readonly port: number) {}

  async open(): Promise<void> {
    const server = createServer((client) => {
      this.join(client, connect(this.target, '127.0.0.1'));
    });
    this.server = server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
  }

  /** Who connects now is refused; who is connected is cut off. */
  async close(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(server, 'close');
  }

  private join(client: Socket, server: Socket): void {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(from);
      from.once('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.setNoDelay(true);
      this.pass(from, to).catch(() => {
        from.destroy();
      });
    }
  }

  private async pass(from: Socket, to: Socket): Promise<void> {
    for await (const chunk of from) {
      const bytes = chunk as Buffer;
      for (let at = 0; at < bytes.length;) {
        const { slowness } = this;
        if (slowness !== undefined) await pause(slowness.pauseMs);
        const end = at + (slowness?.piece ?? bytes.length);
        if (!to.write(bytes.subarray(at, end))) await once(to, 'drain');
        at = end;
      }
    }
    to.end();
  }
}
