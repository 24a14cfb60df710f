import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

export interface Answer {
  readonly status: number;
  /** undefined when it is not JSON. */
  readonly body: unknown;
  readonly consistencyToken: string | undefined;
}

export interface ClientOptions {
  readonly url: string;
  /** Of the issuer that the API asks for, if it does. */
  readonly token?: string | undefined;
  /** Connections kept open. */
  readonly clients: number;
  readonly signal: AbortSignal;
  /** How long one request is tried again while the system is away. */
  readonly patienceMs: number;
  readonly onOutage: (why: string) => void;
}

/** The system stayed away for longer than the client's patience. */
export class Unreachable extends Error {}

const slowestAnswerMs = 30_000;

/**
 * HTTP with connections that stay open, and patience: a system that is away, restarting or overloaded is asked
 * again. That is safe because every POST carries an Idempotency-Key.
 */
export class Client {
  private readonly base: URL;
  private readonly transport: typeof http | typeof https;
  private readonly agent: http.Agent;
  private outage = false;

  constructor(private readonly options: ClientOptions) {
    this.base = new URL(options.url);
    this.transport = this.base.protocol === 'https:' ? https : http;
    this.agent = new this.transport.Agent({ keepAlive: true, maxSockets: options.clients });
  }

  get(path: string, consistencyToken?: string): Promise<Answer> {
    return this.patiently('GET', path, consistencyToken ? { 'consistency-token': consistencyToken } : {});
  }

  post(path: string, key: string, body?: object): Promise<Answer> {
    return this.patiently('POST', path, { 'idempotency-key': key }, JSON.stringify(body));
  }

  close(): void {
    this.agent.destroy();
  }

  private async patiently(
    method: string,
    path: string,
    headers: http.OutgoingHttpHeaders,
    body?: string,
  ): Promise<Answer> {
    const { signal, patienceMs, url } = this.options;
    const deadline = Date.now() + patienceMs;
    for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 2_000)) {
      const result = await this.once(method, path, headers, body).catch(whyNot);
      signal.throwIfAborted();
      if (typeof result !== 'string' && !isAway(result)) {
        this.outage = false;
        return result;
      }
      const why = typeof result === 'string' ? result : `status ${result.status}`;
      if (Date.now() > deadline) {
        const seconds = Math.round(patienceMs / 1000);
        throw new Unreachable(`${url} could not be reached for ${seconds} s (${method} ${path}: ${why}).`);
      }
      // A hiccup is not worth a word.
      if (pauseMs >= 400 && !this.outage) {
        this.outage = true;
        this.options.onOutage(why);
      }
      // Spread, so that the clients do not come back all at once.
      await sleep(pauseMs * (0.5 + Math.random()), undefined, { signal });
    }
  }

  private once(
    method: string,
    path: string,
    headers: http.OutgoingHttpHeaders,
    body: string | undefined,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = this.transport.request(
        this.base,
        {
          method,
          agent: this.agent,
          path: this.base.pathname.replace(/\/$/, '') + path,
          signal: this.options.signal,
          timeout: slowestAnswerMs,
          headers: {
            accept: 'application/json',
            ...(this.options.token !== undefined && { authorization: `Bearer ${this.options.token}` }),
            ...headers,
            ...(body === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const token = response.headers['consistency-token'];
            resolve({
              status: response.statusCode ?? 0,
              body: parseJson(Buffer.concat(chunks).toString()),
              consistencyToken: typeof token === 'string' ? token : undefined,
            });
          });
        },
      );
      request.on('error', reject);
      request.on('timeout', () => request.destroy(new Error(`no answer in ${slowestAnswerMs / 1000} s`)));
      request.end(body);
    });
  }
}

const isAway = ({ status }: Answer): boolean => status >= 500 || status === 429;

const whyNot = (error: unknown): string =>
  error instanceof Error ? ('code' in error ? String(error.code) : error.message) : String(error);

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const problemSchema = z.object({ code: z.string().optional(), detail: z.string().optional() });

/** A refusal in words. */
export const refusalOf = ({ status, body }: Answer): string => {
  const { code, detail } = problemSchema.safeParse(body).data ?? {};
  return `${status}${code === undefined ? '' : ` ${code}`}${detail === undefined ? '' : `: ${detail}`}`;
};
