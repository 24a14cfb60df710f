import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { text as textOf } from 'node:stream/consumers';
import { RegistryUnavailable } from '../../ports/schema-registry.js';

/** Who asks: a name with a password (Confluent: a key with its secret), or a bearer token. */
export type Login = { readonly username: string; readonly password: string } | { readonly token: string };

/** In PEM. */
export interface Tls {
  /** Of the authority that the registry's certificate is from. Default: those that Node.js trusts. */
  readonly ca?: string;
  /** This client's own certificate and its key, where the registry wants to see one. */
  readonly cert?: string;
  readonly key?: string;
}

export interface ConnectionOptions {
  /** With the path that the API lives under, if any; name and password may stand in it. */
  readonly url: string;
  /** Instead of what stands in the URL. */
  readonly login?: Login | undefined;
  readonly tls?: Tls;
  /** How long one request may take. Default 10 s. */
  readonly timeoutMs?: number;
}

/** Registries in the cloud refuse clients that ask for everything at once. */
const maxSockets = 8;

/** HTTP to one server, over connections that are kept. */
export class Connection {
  /** Without secrets. */
  readonly base: string;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly agent: HttpAgent;
  private readonly request: typeof httpRequest;
  private readonly timeoutMs: number;

  constructor({ url, login, tls, timeoutMs = 10_000 }: ConnectionOptions) {
    const { protocol, username, password, origin, pathname } = new URL(url);
    this.base = `${origin}${pathname.replace(/\/+$/, '')}`;
    const ofUrl = { username: decodeURIComponent(username), password: decodeURIComponent(password) };
    this.headers = {
      accept: 'application/vnd.schemaregistry.v1+json, application/json;q=0.5',
      'content-type': 'application/vnd.schemaregistry.v1+json',
      ...authorization(login ?? ofUrl),
    };
    const isSecure = protocol === 'https:';
    this.agent = isSecure
      ? new HttpsAgent({ keepAlive: true, maxSockets, ...tls })
      : new HttpAgent({ keepAlive: true, maxSockets });
    this.request = isSecure ? httpsRequest : httpRequest;
    this.timeoutMs = timeoutMs;
  }

  /** @throws RegistryUnavailable when there is no answer. */
  async exchange(
    method: string,
    path: string,
    body: object | undefined,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const signal = AbortSignal.timeout(this.timeoutMs);
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const { headers, agent } = this;
        const request = this.request(`${this.base}${path}`, { method, headers, agent, signal }, resolve);
        request.once('error', reject);
        request.end(body && JSON.stringify(body));
      });
      return { status: response.statusCode ?? 0, text: await textOf(response) };
    } catch (error) {
      const reason = signal.aborted ? `no answer within ${this.timeoutMs} ms` : String(error);
      throw new RegistryUnavailable(`${this.base}${path} cannot be reached: ${reason}`, error);
    }
  }
}

const authorization = (login: Login): { readonly authorization?: string } => {
  if ('token' in login) return { authorization: `Bearer ${login.token}` };
  if (login.username === '') return {};
  const basic = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  return { authorization: `Basic ${basic}` };
};
