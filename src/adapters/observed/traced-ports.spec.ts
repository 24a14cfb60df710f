import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type NewEvent } from '../../kernel/envelope.js';
import { ConcurrencyConflict } from '../../ports/event-store.js';
import { type Mailer, MailRefused } from '../../ports/mailer.js';
import { type Headers, type NewMessage } from '../../ports/message-log.js';
import { openEmbedded } from '../embedded/index.js';
import { SimulatedCarrier } from '../simulated-carrier/simulated-carrier.js';
import { SimulatedGateway } from '../simulated-gateway/simulated-gateway.js';
import {
  ofA,
  ofB,
  recordedSpans,
  spanA,
  spanB,
  traceA,
  traceB,
  unsampled,
} from './testing/recorded-spans.js';
import { tracedCarrier, tracedGateway, tracedMailer } from './traced-calls.js';
import { TracedEventStore } from './traced-event-store.js';
import { TracedMessageLog } from './traced-message-log.js';

let dataDir: string;
let engine: ReturnType<typeof openEmbedded>;
let recorded: ReturnType<typeof recordedSpans>;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'traced-'));
  engine = openEmbedded({ dataDir });
  recorded = recordedSpans();
});
afterEach(async () => {
  await engine.close();
  await rm(dataDir, { recursive: true });
});

describe('Appends', () => {
  const event = (id: string, traceparent?: string): NewEvent => ({
    ...{ id, type: `Type${id}`, version: 1, data: { email: 'ann@example.test' } },
    metadata: {
      ...{ correlationId: 'c', causationId: 'c', commandId: id, actor: 'tester' },
      occurredAt: '2026-01-02T03:04:05.678Z',
      ...(traceparent !== undefined && { traceparent }),
    },
  });
  const open = () => new TracedEventStore(engine.eventStore, recorded.tracing, 'sqlite');

  it('are a span in the trace of each command, which their events carry', async () => {
    const store = open();
    await store.append('order-1', 'absent', [event('1', ofA), event('2', ofB), event('3', ofA), event('4')]);
    const spans = recorded.spans();
    const attributes = {
      'db.system.name': 'sqlite',
      'db.operation.name': 'append',
      'db.collection.name': 'order',
      'commerce.stream': 'order-1',
      'commerce.revision': 3,
    };
    const append = { name: 'append order', kind: 'CLIENT', failed: false };
    expect(spans).toMatchObject([
      { ...append, traceId: traceA, parentId: spanA },
      { ...append, traceId: traceB, parentId: spanB },
      { ...append, parentId: undefined },
    ]);
    expect(spans.map((span) => span.attributes)).toStrictEqual(
      [['Type1', 'Type3'], ['Type2'], ['Type4']].map((types) => ({
        ...attributes,
        'commerce.event.types': types,
      })),
    );
    const [a, b, own] = spans.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`);
    const stored = await store.readStream('order-1');
    expect(stored.map(({ metadata }) => metadata.traceparent)).toEqual([a, b, a, own]);
    expect(stored.map(({ id, metadata }) => [id, metadata.commandId])).toEqual([
      ...[1, 2, 3, 4].map((each) => [String(each), String(each)]),
    ]);
  });

  it('that lose say why', async () => {
    const store = open();
    await store.append('order-1', 'absent', [event('1')]);
    await expect(store.append('order-1', 'absent', [event('2', ofA)])).rejects.toThrow(ConcurrencyConflict);
    expect(recorded.spans()[1]).toMatchObject({
      ...{ traceId: traceA, failed: true, said: undefined },
      attributes: { 'error.type': 'ConcurrencyConflict' },
    });
  });

  it('of traces that are not recorded have no span, and their events say so', async () => {
    const store = open();
    await store.append('order-1', 'absent', [event('1', unsampled)]);
    const [stored] = await store.readStream('order-1');
    expect(stored?.metadata.traceparent).toBe(unsampled);
    expect(recorded.spans()).toEqual([]);
  });
});

describe('Transactions of messages', () => {
  const message = (topic: string, ...headers: readonly (readonly [string, string])[]): NewMessage => ({
    topic,
    key: Buffer.from('key'),
    value: Buffer.from('value'),
    headers: [
      ['event-id', Buffer.from('e')],
      ...headers.map(([name, text]) => [name, Buffer.from(text)] as const),
    ],
  });
  const texts = (headers: Headers) => headers.map(([name, value]) => [name, value.toString()]);

  const committed = async (...messages: readonly NewMessage[]) => {
    const log = new TracedMessageLog(engine.messageLog, recorded.tracing);
    await log.ensureTopics(['one', 'two'].map((name) => ({ name, partitions: 1, retentionMs: null })));
    const producer = await log.openTransactional('bridge');
    await producer.commit(messages, '1');
    await producer.close();
    const read = async (topic: string) => {
      const found = await log.read({ topic, partition: 0, offset: 0 }, 10);
      return found.map(({ headers }) => texts(headers));
    };
    return { one: await read('one'), two: await read('two') };
  };
  const own = {
    'messaging.system': 'kafka',
    'messaging.operation.type': 'send',
    'messaging.operation.name': 'send',
  };

  it('are a span in each trace and topic, which the messages go on with, and one that links them', async () => {
    const laterOfA = `00-${traceA}-${spanB}-01`;
    const topics = await committed(
      message('one', ['traceparent', ofA]),
      message('one', ['traceparent', laterOfA]),
      message('two', ['traceparent', ofA]),
      message('one', ['traceparent', ofB]),
      message('one', ['traceparent', unsampled]),
      message('one'),
    );
    const spans = recorded.spans();
    const send = { kind: 'PRODUCER', failed: false };
    expect(spans).toMatchObject([
      { ...send, name: 'send one', traceId: traceA, parentId: spanA, links: [spanB] },
      { ...send, name: 'send two', traceId: traceA, parentId: spanA, links: [] },
      { ...send, name: 'send one', traceId: traceB, parentId: spanB, links: [] },
      { ...send, name: 'send batch', parentId: undefined },
    ]);
    const [oneOfA, twoOfA, oneOfB, batch] = spans;
    expect(batch?.links).toEqual([oneOfA?.spanId, twoOfA?.spanId, oneOfB?.spanId]);
    expect(batch?.attributes).toStrictEqual({
      ...own,
      'messaging.client.id': 'bridge',
      'messaging.batch.message_count': 6,
    });
    expect(oneOfA?.attributes).toStrictEqual({
      ...own,
      'messaging.destination.name': 'one',
    });
    const id = ['event-id', 'e'];
    const within = (span: typeof batch) => [
      id,
      ['traceparent', `00-${span?.traceId ?? ''}-${span?.spanId ?? ''}-01`],
    ];
    expect(topics).toEqual({
      one: [within(oneOfA), within(oneOfA), within(oneOfB), [id, ['traceparent', unsampled]], [id]],
      two: [within(twoOfA)],
    });
  });

  it('of one trace are one span, and of none no span', async () => {
    await committed(message('one', ['traceparent', ofA]));
    await committed(message('one'));
    expect(recorded.spans()).toMatchObject([{ name: 'send one', traceId: traceA, parentId: spanA }]);
  });

  it('that replay begin a trace, which is linked to those of that time', async () => {
    const { one } = await committed(
      message('one', ['original-traceparent', ofA]),
      message('one', ['original-traceparent', ofB]),
    );
    const [batch, ...others] = recorded.spans();
    expect(others).toEqual([]);
    expect(batch).toMatchObject({ name: 'send batch', parentId: undefined, links: [spanA, spanB] });
    const traceparent = ['traceparent', `00-${batch?.traceId ?? ''}-${batch?.spanId ?? ''}-01`];
    expect(one.map((headers) => headers.at(-1))).toEqual([traceparent, traceparent]);
  });

  it('leave what is put aside as it came', async () => {
    const log = new TracedMessageLog(engine.messageLog, recorded.tracing);
    await log.ensureTopics([{ name: 'dead', partitions: 1, retentionMs: null }]);
    await log.publish([message('dead', ['traceparent', ofA])]);
    const [put] = await log.read({ topic: 'dead', partition: 0, offset: 0 }, 10);
    expect(texts(put?.headers ?? [])).toEqual([
      ['event-id', 'e'],
      ['traceparent', ofA],
    ]);
    expect(recorded.spans()).toMatchObject([{ name: 'send dead', kind: 'PRODUCER' }]);
  });
});

describe('Calls', () => {
  const signal = new AbortController().signal;
  const mail = {
    ...{ id: 'm-1', customerId: 'c-1', to: { name: 'Ann', email: 'ann@example.test' } },
    ...{ subject: 'Your order', text: 'Dear Ann' },
  };
  const call = { kind: 'CLIENT', failed: false };

  it('of the mailer are spans that know the mail by its id alone', async () => {
    const refused = new MailRefused('REFUSED', 'nobody is called Ann here');
    const mailer: Mailer = {
      send: ({ id }) => (id === 'm-1' ? Promise.resolve() : Promise.reject(refused)),
      sent: () => Promise.resolve([mail]),
    };
    const traced = tracedMailer(mailer, recorded.tracing);
    await traced.send(mail);
    await expect(traced.send({ ...mail, id: 'm-2' })).rejects.toBe(refused);
    expect(await traced.sent(['m-1'])).toEqual([mail]);
    const spans = recorded.spans();
    expect(spans).toMatchObject([
      { ...call, name: 'send mail' },
      { ...call, name: 'send mail', failed: true, said: undefined },
    ]);
    expect(spans.map(({ attributes }) => attributes)).toStrictEqual([
      { 'commerce.mail.id': 'm-1' },
      { 'commerce.mail.id': 'm-2', 'error.type': 'MailRefused' },
    ]);
  });

  it('of the gateway are spans, and an answer goes on with them', async () => {
    const gateway = tracedGateway(new SimulatedGateway({ slowAnswerMs: 1 }), recorded.tracing);
    const amount = { amountMinor: 1, currency: 'EUR' };
    let current: string | undefined;
    const answered = (): Promise<void> => {
      current = recorded.tracing.current;
      return Promise.resolve();
    };
    await gateway.authorise({ paymentId: 'p-1', amount, method: 'tok_approve' }, answered, signal);
    await gateway.capture('p-1', amount);
    await gateway.refund('p-1', 'r-1', amount);
    await gateway.void('p-1');
    const spans = recorded.spans();
    expect(spans.map(({ name, kind, attributes }) => ({ name, kind, attributes }))).toStrictEqual([
      {
        ...{ name: 'authorise payment', kind: 'CLIENT' },
        attributes: { 'commerce.payment.id': 'p-1', 'commerce.payment.answer': 'approved' },
      },
      ...['capture payment', 'refund payment', 'void payment'].map((name) => ({
        ...{ name, kind: 'CLIENT', attributes: { 'commerce.payment.id': 'p-1' } },
      })),
    ]);
    expect(current).toBe(`00-${spans[0]?.traceId ?? ''}-${spans[0]?.spanId ?? ''}-01`);
  });

  it('of the carrier are spans as long as the parcel, and its reports go on with them', async () => {
    const carrier = tracedCarrier(new SimulatedCarrier({ pauseMs: 1 }), recorded.tracing);
    const within: (string | undefined)[] = [];
    const reported = (): Promise<void> => {
      within.push(recorded.tracing.current);
      return Promise.resolve();
    };
    await carrier.ship({ shipmentId: 's-1', orderId: 'o-1', lines: [] }, reported, signal);
    const spans = recorded.spans();
    expect(spans).toMatchObject([
      {
        ...{ ...call, name: 'ship parcel' },
        attributes: { 'commerce.shipment.id': 's-1', 'commerce.order.id': 'o-1' },
      },
    ]);
    const own = `00-${spans[0]?.traceId ?? ''}-${spans[0]?.spanId ?? ''}-01`;
    expect(within).toEqual([own, own]);
  });
});
