import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../adapters/embedded/index.js';
import { toPublic } from '../bridge/catalogue.js';
import { logbook } from '../execution/testing/logbook.js';
import { type RecordedEvent } from '../kernel/envelope.js';
import { type NewMessage } from '../ports/message-log.js';
import { eventually } from '../testing/eventually.js';
import { sampleEvent } from '../testing/sample-events.js';
import { positionAt } from '../testing/sample-positions.js';
import { Decoder } from '../wire/decoder.js';
import { Encoder } from '../wire/encoder.js';
import { writeHeaders } from '../wire/headers.js';
import { registerSchemas } from '../wire/registration.js';
import { type Consumed } from './consumer.js';
import { DeadLetterDesk } from './dead-letter-desk.js';
import { topicSpecsOf } from './dead-letter-topic.js';
import { ConsumerRunner } from './runtime.js';

const topic = 'commerce.order.events';
const group = 'sample';

let dataDir: string;
let engine: ReturnType<typeof openEmbedded>;
let stops: (() => Promise<void>)[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'wire-'));
  engine = openEmbedded({ dataDir });
  stops = [];
  await engine.messageLog.ensureTopics(topicSpecsOf({ group, topics: [topic] }, 2));
});

afterEach(async () => {
  for (const stop of stops) await stop();
  await engine.close();
  await rm(dataDir, { recursive: true });
});

const stored = (id: string, orderId: string, revision: number): RecordedEvent => ({
  ...sampleEvent(id, { type: 'OrderConfirmed' }),
  data: { orderId },
  stream: `order-${orderId}`,
  revision,
  position: positionAt(revision),
});

const published = async (event: RecordedEvent): Promise<NewMessage> => {
  const encoder = new Encoder(engine.schemaRegistry);
  await encoder.prepare();
  const { key, recordName, ...record } = toPublic(event);
  return {
    topic: record.topic,
    key,
    value: encoder.encode(record),
    headers: writeHeaders(event, recordName),
  };
};

const clock = { now: () => new Date().toISOString() };

const start = (handle: (event: Consumed) => Promise<void>) => {
  const decoder = new Decoder(engine.schemaRegistry);
  const { logger } = logbook();
  const { messageLog: log, inbox, deadLetters } = engine;
  const runner = new ConsumerRunner(
    { group, topics: [topic], handles: ['OrderConfirmed'], handle },
    { log, inbox, deadLetters, clock, logger, decode: (message) => decoder.decodeMessage(message) },
    {
      ...{ attempts: 2, firstPauseMs: 1, sessionTimeoutMs: 60_000 },
      ...{ commitEveryMs: 5, redrivePollMs: 5 },
    },
  );
  runner.start();
  stops.push(() => runner.stop());
  return { runner, desk: new DeadLetterDesk({ deadLetters, inbox, log, decoder, clock, logger }) };
};

describe('A consumer of what is on the wire', () => {
  it('handles the event as it was stored; bytes that are none hold up their own order only, until they are given up', async () => {
    await registerSchemas(engine.schemaRegistry);
    const handled: Consumed[] = [];
    const { runner, desk } = start((event) => {
      handled.push(event);
      return Promise.resolve();
    });
    const first = stored('one', 'o-1', 0);
    const poison = { ...(await published(stored('poison', 'o-1', 1))), value: Buffer.from([0, 0, 0, 0, 77]) };
    await eventually('its topics', () => runner.status.partitions.length === 2);
    await engine.messageLog.publish([
      await published(first),
      poison,
      await published(stored('behind', 'o-1', 2)),
      await published(stored('other', 'o-2', 0)),
    ]);
    await eventually('the others', () => handled.length === 2 && runner.status.inFlight === 0);
    const { data: _, version: __, type: ___, ...envelope } = first;
    const { correlationId, causationId, actor, occurredAt } = envelope.metadata;
    expect(handled.find(({ id }) => id === 'one')).toEqual({
      ...envelope,
      type: 'OrderConfirmed',
      metadata: { correlationId, causationId, actor, occurredAt },
      data: { orderId: 'o-1' },
    });
    const { items } = await desk.find({}, { limit: 10 });
    expect(items.map(({ eventId, state, failure }) => [eventId, state, failure?.errorClass])).toStrictEqual([
      ['poison', 'failed', 'UnknownSchemaId'],
      ['behind', 'waiting', undefined],
    ]);
    expect(await Promise.all(items.map((letter) => desk.valueOf(letter)))).toEqual([
      { undecodable: expect.stringContaining('no schema 77') },
      {
        recordName: 'commerce.order.OrderConfirmed',
        schemaId: expect.any(Number),
        record: { orderId: 'o-1' },
      },
    ]);

    expect(await desk.redrive({}, { dryRun: false, perSecond: null })).toStrictEqual({
      ...{ dryRun: false, redriven: 1, following: 1, due: 0, waiting: 1, idleGroups: [] },
    });
    await eventually('it has failed again', async () => (await desk.count({ state: 'failed' })).failed === 1);
    expect(await desk.discard({ errorClass: 'UnknownSchemaId' }, { dryRun: false })).toStrictEqual({
      dryRun: false,
      discarded: 1,
    });
    await eventually('the one behind', () => handled.length === 3);
    expect(handled.at(-1)?.id).toBe('behind');
    await eventually('nothing parked', async () => {
      const { failed, due, waiting } = await desk.count({});
      return failed + due + waiting === 0;
    });
  });
});
