import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';

type Value = string | number | boolean | readonly Value[];

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the root of a trace. */
  readonly parentId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: string;
  readonly attributes: Readonly<Record<string, Value>>;
  readonly resource: Readonly<Record<string, Value>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly isError: boolean;
}

/** What takes traces by OTLP over HTTP in protobuf, and keeps them: https://opentelemetry.io/docs/specs/otlp/#otlphttp */
export const otlpCollector = async () => {
  const spans: CollectedSpan[] = [];
  const bodies: Buffer[] = [];
  const requests: { readonly path: string; readonly authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      bodies.push(body);
      requests.push({ path: request.url ?? '', authorization: request.headers.authorization });
      spans.push(...spansIn(body));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    requests,
    /** All that was received, as it came. */
    received: () => Buffer.concat(bodies),
    close: async (): Promise<void> => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};

export type OtlpCollector = Awaited<ReturnType<typeof otlpCollector>>;

const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];

/** https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto */
const spansIn = (body: Buffer): readonly CollectedSpan[] =>
  Message.of(body)
    .messages(1)
    .flatMap((ofResource) => {
      const resource = attributesIn(ofResource.messages(1)[0]?.messages(1) ?? []);
      return ofResource
        .messages(2)
        .flatMap((ofScope) => ofScope.messages(2))
        .map((span) => ({
          traceId: span.hex(1),
          spanId: span.hex(2),
          traceState: span.text(3),
          parentId: span.hex(4),
          name: span.text(5),
          kind: kinds[span.number(6)] ?? '',
          attributes: attributesIn(span.messages(9)),
          resource,
          links: span.messages(13).map((link) => ({ traceId: link.hex(1), spanId: link.hex(2) })),
          isError: span.messages(15)[0]?.number(3) === 2,
        }));
    });

const attributesIn = (pairs: readonly Message[]): Readonly<Record<string, Value>> =>
  Object.fromEntries(
    pairs.flatMap((pair) => pair.messages(2).map((value) => [pair.text(1), valueIn(value)] as const)),
  );

const valueIn = (value: Message): Value => {
  if (value.has(1)) return value.text(1);
  if (value.has(2)) return value.number(2) === 1;
  if (value.has(3)) return value.number(3);
  return value.messages(5).flatMap((list) => list.messages(1).map(valueIn));
};

/** As much of protobuf's wire format as spans need: https://protobuf.dev/programming-guides/encoding/ */
class Message {
  private constructor(private readonly fields: ReadonlyMap<number, readonly (Buffer | number)[]>) {}

  static of(bytes: Buffer): Message {
    const fields = new Map<number, (Buffer | number)[]>();
    let at = 0;
    const varint = (): number => {
      let value = 0;
      for (let factor = 1; ; factor *= 128) {
        const byte = bytes.readUInt8(at);
        at += 1;
        value += (byte & 127) * factor;
        if (byte < 128) return value;
      }
    };
    const take = (length: number): Buffer => bytes.subarray(at, (at += length));
    const sizes: Readonly<Record<number, number>> = { 1: 8, 5: 4 };
    while (at < bytes.length) {
      const tag = varint();
      const [field, type] = [Math.floor(tag / 8), tag % 8];
      const value = type === 0 ? varint() : take(sizes[type] ?? varint());
      fields.set(field, [...(fields.get(field) ?? []), value]);
    }
    return new Message(fields);
  }

  has(field: number): boolean {
    return this.fields.has(field);
  }

  messages(field: number): readonly Message[] {
    return this.all(field).map((bytes) => Message.of(bytes));
  }

  text(field: number): string {
    return this.all(field).at(-1)?.toString() ?? '';
  }

  hex(field: number): string {
    return this.all(field).at(-1)?.toString('hex') ?? '';
  }

  number(field: number): number {
    const value = this.fields.get(field)?.at(-1);
    return typeof value === 'number' ? value : 0;
  }

  private all(field: number): readonly Buffer[] {
    return (this.fields.get(field) ?? []).filter((value) => typeof value !== 'number');
  }
}
