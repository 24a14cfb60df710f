import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/**
 * One connection that stays open, one request at a time. As little client as will do, since it takes its processor
 * time from the program under test.
 */
export class Connection {
  private received = '';
  private waiting: PromiseWithResolvers<Answer> | undefined;

  private constructor(private readonly socket: Socket) {
    // One character a byte, as Content-Length counts; what is looked at is ASCII.
    socket.setEncoding('latin1').setNoDelay(true);
    socket.on('data', (chunk: string) => {
      this.take(chunk);
    });
    socket.on('close', () => this.waiting?.reject(new Error('The program closed the connection.')));
    socket.on('error', (error) => this.waiting?.reject(error));
  }

  static async open(url: string): Promise<Connection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new Connection(socket);
  }

  static many(url: string, count: number): Promise<Connection[]> {
    return Promise.all(Array.from({ length: count }, () => Connection.open(url)));
  }

  get(path: string, header = ''): Promise<Answer> {
    return this.send(`GET ${path} HTTP/1.1\r\nhost: bench\r\n${header}\r\n`);
  }

  post(path: string, body: object): Promise<Answer> {
    const text = JSON.stringify(body);
    const type = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}`;
    return this.send(`POST ${path} HTTP/1.1\r\nhost: bench\r\n${type}\r\n\r\n${text}`);
  }

  /** @throws Error when it is refused. */
  async create(path: string, body: object): Promise<Answer> {
    const answer = await this.post(path, body);
    if (answer.status > 201) throw new Error(`POST ${path}: ${answer.status} ${answer.body}`);
    return answer;
  }

  close(): void {
    this.socket.destroy();
  }

  private send(request: string): Promise<Answer> {
    this.waiting = Promise.withResolvers();
    this.socket.write(request);
    return this.waiting.promise;
  }

  private take(chunk: string): void {
    this.received += chunk;
    const end = this.received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.received.slice(0, end);
    const body = this.received.slice(end + 4);
    if (body.length < Number(headerOf(head, 'content-length'))) return;
    this.received = '';
    this.waiting?.resolve({ status: Number(head.slice(9, 12)), head, body });
  }
}

export const headerOf = (head: string, name: string): string => {
  const value = new RegExp(`\r\n${name}: (.*)`, 'i').exec(head)?.[1];
  if (value === undefined) throw new Error(`The answer has no ${name}:\n${head}`);
  return value;
};
