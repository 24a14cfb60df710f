import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../adapters/embedded/index.js';
import { type RecordedEvent } from '../kernel/envelope.js';
import { eventsOf, sampleEvent } from '../testing/sample-events.js';
import { readHeader } from '../wire/headers.js';
import { bridgeProgress } from './progress.js';
import { replay, type ReplayRange } from './replay.js';
import { sampleTranslation } from './testing/sample-messages.js';

const never = new AbortController().signal;

let dataDir: string;
let engine: ReturnType<typeof openEmbedded>;
let events: readonly RecordedEvent[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'replay-'));
  engine = openEmbedded({ dataDir });
  for (const id of ['a', 'b', 'c', 'd']) {
    await engine.eventStore.append(`thing-${id}`, 'any', [sampleEvent(id)]);
  }
  events = await eventsOf(engine.eventStore);
});

afterEach(async () => {
  await engine.close();
  await rm(dataDir, { recursive: true });
});

const run = (range: Partial<ReplayRange> = {}, signal = never): Promise<number> =>
  replay({ ...engine, translation: sampleTranslation }, { topic: 'again', partitions: 1, ...range }, signal);

const replayed = async (): Promise<readonly (string | undefined)[]> =>
  (await engine.messageLog.read({ topic: 'again', partition: 0, offset: 0 }, 100)).map(({ headers }) =>
    readHeader(headers, 'event-id'),
  );

describe('a replay', () => {
  it('publishes the whole past to another topic, once, however often it is run', async () => {
    expect(await run()).toBe(4);
    expect(await run()).toBe(0);
    expect(await replayed()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('goes on with what has come since', async () => {
    await run();
    await engine.eventStore.append('thing-e', 'absent', [sampleEvent('e')]);
    expect(await run()).toBe(1);
    expect(await replayed()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('publishes a stretch, both ends included', async () => {
    expect(await run({ from: events[1]?.position, to: events[2]?.position })).toBe(2);
    expect(await replayed()).toEqual(['b', 'c']);
  });
});

describe('what is replayed', () => {
  it('names the trace of that time where nobody goes on with it', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const translation = {
      ...sampleTranslation,
      messageOf: (event: RecordedEvent) => {
        const message = sampleTranslation.messageOf(event);
        return {
          ...message,
          headers: [...message.headers, ['traceparent', Buffer.from(traceparent)] as const],
        };
      },
    };
    await replay({ ...engine, translation }, { topic: 'again', partitions: 1 }, never);
    const messages = await engine.messageLog.read({ topic: 'again', partition: 0, offset: 0 }, 100);
    const named = messages.map(({ headers }) =>
      ['event-id', 'traceparent', 'original-traceparent'].map((name) => readHeader(headers, name)),
    );
    expect(named).toEqual(['a', 'b', 'c', 'd'].map((id) => [id, undefined, traceparent]));
  });
});

describe('the progress of the bridge', () => {
  const progress = () =>
    bridgeProgress(engine.eventStore, engine.messageLog, 'bridge', () =>
      Date.parse('2026-01-02T03:05:05.678Z'),
    );

  it('counts what is behind, and since when', async () => {
    const head = events[3]?.position;
    expect(await progress()).toEqual({ position: null, head, lagEvents: 4, lagSeconds: 60 });
    const producer = await engine.messageLog.openTransactional('bridge');
    const position = events[2]?.position ?? '';
    await producer.commit([], position);
    expect(await progress()).toEqual({ position, head, lagEvents: 1, lagSeconds: 60 });
    await producer.commit([], head ?? '');
    expect(await progress()).toEqual({ position: head, head, lagEvents: 0, lagSeconds: 0 });
  });
});
