import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What is done to the requests that a test chooses. */
export interface Interception {
  /** Of the bytes of a request. */
  readonly concerns: (request: Buffer) => boolean;
  /** `lose`: the server does it, and its answer does not come; `hold`: it does not get to the server until released. */
  readonly how: 'lose' | 'hold';
}

/** Stands between a client and a server of MongoDB, and spoils their connections. */
export class Proxy {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((socket) => {
    this.join(socket);
  });
  private interceptions: Interception[] = [];
  private readonly held: (() => void)[] = [];
  private port = 0;

  private constructor(
    private readonly host: string,
    private readonly serverPort: number,
  ) {}

  /** @param url of one server or more; the first one is meant */
  static async before(url: string): Promise<Proxy> {
    const [, host = '', port = '27017'] = /^mongodb:\/\/(?:[^@/]*@)?([^:,/]+)(?::(\d+))?/.exec(url) ?? [];
    const proxy = new Proxy(host, Number(port));
    await proxy.start();
    return proxy;
  }

  url(url: string): string {
    const through = url.replace(/^(mongodb:\/\/(?:[^@/]*@)?)[^/?]+/, `$1127.0.0.1:${this.port}`);
    return `${through.replace(/\?.*/, '').replace(/\/?$/, '/')}?directConnection=true&serverSelectionTimeoutMS=500`;
  }

  /** The next requests of the kind, as many as there are interceptions. */
  intercept(...interceptions: readonly Interception[]): void {
    this.interceptions.push(...interceptions);
  }

  /** That have been met and not been released. */
  get holding(): number {
    return this.held.length;
  }

  release(): void {
    for (const release of this.held.splice(0)) release();
  }

  /** As the end of the server's process looks from outside. */
  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** On the port it had, if it had one. */
  async start(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  private join(client: Socket): void {
    const server = connect(this.serverPort, this.host);
    let losing = false;
    const pairs = [
      [client, server],
      [server, client],
    ] as const;
    for (const [socket, other] of pairs) {
      this.sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (request) => {
      const index = this.interceptions.findIndex(({ concerns }) => concerns(request));
      const [met] = index < 0 ? [] : this.interceptions.splice(index, 1);
      losing ||= met?.how === 'lose';
      if (met?.how === 'hold') {
        client.pause();
        this.held.push(() => {
          server.write(request);
          client.resume();
        });
      } else server.write(request);
    });
    server.on('data', (answer) => {
      if (losing) client.destroy();
      else client.write(answer);
    });
  }
}
