import { once } from 'node:events';
import http from 'node:http';
import { type Headers } from './http-client.js';

export interface ServerEvent {
  readonly id: string;
  readonly event: string;
  /** Parsed JSON. */
  readonly data: unknown;
}

/** As much of a client of server-sent events as a spec needs; it does not connect again by itself. */
export class EventSource {
  readonly events: ServerEvent[] = [];
  /** What came beside events: comments and hints. */
  readonly other: string[] = [];
  lastEventId: string | undefined;
  isOver = false;

  private constructor(
    readonly status: number,
    readonly headers: http.IncomingHttpHeaders,
    private readonly response: http.IncomingMessage,
  ) {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) this.take(block);
    });
    response.on('error', () => undefined);
    response.on('close', () => (this.isOver = true));
  }

  /** @throws Error for an answer that is not a stream */
  static async open(url: string, headers: Headers = {}): Promise<EventSource> {
    const request = http.get(url, { agent: false, headers });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const { statusCode = 0 } = response;
    if (statusCode !== 200) throw new Error(`${url} is answered ${statusCode}, not with a stream.`);
    return new EventSource(statusCode, response.headers, response);
  }

  close(): void {
    this.response.destroy();
  }

  private take(block: string): void {
    const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
    const [id, event, data] = ['id', 'event', 'data'].map((name) => fields.get(name));
    this.lastEventId = id ?? this.lastEventId;
    if (id !== undefined && event !== undefined && data !== undefined) {
      this.events.push({ id, event, data: JSON.parse(data) as unknown });
    } else if (id === undefined) {
      this.other.push(block);
    }
  }
}
