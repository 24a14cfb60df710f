import { once } from 'node:events';
import http from 'node:http';
import { connect, type Socket } from 'node:net';
import { type z } from 'zod';

export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Parsed when it is JSON, else the text. */
  readonly body: unknown;
}

export type Headers = Readonly<Record<string, string>>;

/** JSON over connections that stay open. Rejects only when there is no answer. */
export class HttpClient {
  private readonly agent: http.Agent;

  /**
   * @param always headers of every request
   * @param localAddress where it comes from
   */
  constructor(
    readonly url: string,
    readonly always: Headers = {},
    localAddress?: string,
  ) {
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 256, ...(localAddress && { localAddress }) });
  }

  /** Another client of the same address, who is who the token says. */
  bearing(token: string): HttpClient {
    return new HttpClient(this.url, { authorization: `Bearer ${token}` });
  }

  get(path: string, headers: Headers = {}): Promise<Reply> {
    return this.send('GET', path, undefined, headers);
  }

  post(path: string, body?: unknown, headers: Headers = {}): Promise<Reply> {
    return this.json('POST', path, body, headers);
  }

  put(path: string, body: unknown, headers: Headers = {}): Promise<Reply> {
    return this.json('PUT', path, body, headers);
  }

  patch(path: string, body: unknown, headers: Headers = {}): Promise<Reply> {
    return this.json('PATCH', path, body, headers);
  }

  delete(path: string, headers: Headers = {}): Promise<Reply> {
    return this.send('DELETE', path, undefined, headers);
  }

  /** Any text under any content type. */
  send(method: string, path: string, text?: string, headers: Headers = {}): Promise<Reply> {
    const { request, reply } = this.open(method, path, headers);
    request.end(text);
    return reply;
  }

  /** A request whose body the caller writes. */
  open(
    method: string,
    path: string,
    headers: Headers,
  ): { readonly request: http.ClientRequest; readonly reply: Promise<Reply> } {
    const request = http.request(this.url + path, {
      ...{ method, agent: this.agent },
      headers: { ...this.always, ...headers },
    });
    const reply = new Promise<Reply>((resolve, reject) => {
      request.on('error', reject);
      request.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode: status = 0, headers: answered } = response;
          resolve({ status, headers: answered, body: parsed(text) });
        });
      });
    });
    return { request, reply };
  }

  /** A bare connection that has sent the text and listens. */
  async connect(text: string): Promise<Socket> {
    const { hostname, port } = new URL(this.url);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on('error', () => undefined).resume();
    await once(socket, 'connect');
    if (text !== '') socket.write(text);
    return socket;
  }

  close(): void {
    this.agent.destroy();
  }

  private json(method: string, path: string, body: unknown, headers: Headers): Promise<Reply> {
    return body === undefined
      ? this.send(method, path, undefined, headers)
      : this.send(method, path, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** The body as the contract has it; anything else is a failure that shows the whole answer. */
export const read = <Schema extends z.ZodType>(
  schema: Schema,
  { status, body }: Reply,
  ...expected: readonly number[]
): z.infer<Schema> => {
  const result = schema.safeParse(body);
  if (!expected.includes(status) || !result.success) {
    const why = result.success ? `expected status ${expected.join(' or ')}` : result.error.message;
    throw new Error(`Answer ${status} ${JSON.stringify(body)}: ${why}`);
  }
  return result.data;
};
