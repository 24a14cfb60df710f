import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../adapters/embedded/index.js';
import { logbook } from '../execution/testing/logbook.js';
import { type RecordedEvent } from '../kernel/envelope.js';
import { readHeader } from '../wire/headers.js';
import { untilHolds } from '../testing/until.js';
import { sampleEvent } from '../testing/sample-events.js';
import { bridgeDeadLetters } from './dead-letter.js';
import { Relay, type RelayPorts } from './relay.js';
import { sampleMessage, sampleTopic, sampleTranslation } from './testing/sample-messages.js';
import { Unpublishable } from './unpublishable.js';

let dataDir: string;
let engine: ReturnType<typeof openEmbedded>;
let log: ReturnType<typeof logbook>;
let relays: Relay[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'relay-'));
  engine = openEmbedded({ dataDir });
  log = logbook();
  relays = [];
  await engine.messageLog.ensureTopics([
    { name: sampleTopic, partitions: 1, retentionMs: null },
    { name: bridgeDeadLetters, partitions: 1, retentionMs: null },
  ]);
});

afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.stop()));
  await engine.close();
  await rm(dataDir, { recursive: true });
});

const start = (ports: Partial<RelayPorts> = {}): Relay => {
  const relay = new Relay({
    ...engine,
    owner: `relay ${relays.length}`,
    ttlMs: 600_000,
    logger: log.logger,
    backOffMs: { first: 0, most: 0 },
    translation: sampleTranslation,
    unpublishable: 'stop',
    batchSize: 3,
    ...ports,
  });
  relays.push(relay);
  relay.start();
  return relay;
};

const commit = async (...ids: readonly string[]): Promise<void> => {
  for (const id of ids) await engine.eventStore.append(`thing-${id}`, 'any', [sampleEvent(id)]);
};

const idsIn = async (topic: string): Promise<readonly (string | undefined)[]> =>
  (await engine.messageLog.read({ topic, partition: 0, offset: 0 }, 1_000)).map(({ headers }) =>
    readHeader(headers, 'event-id'),
  );

const poisonous = (id: string) => ({
  ...sampleTranslation,
  messageOf: (event: RecordedEvent) => {
    if (event.id === id) throw new Unpublishable(event, new Error('it has no schema'));
    return sampleMessage(event);
  },
});

describe('the relay', () => {
  it('publishes what is committed, before and after its start, in order', async () => {
    await commit('a', 'b', 'c', 'd');
    const relay = start();
    await commit('e');
    await untilHolds(async () => {
      expect(await idsIn(sampleTopic)).toEqual(['a', 'b', 'c', 'd', 'e']);
    });
    const head = await engine.eventStore.head();
    await untilHolds(() => {
      expect(relay.status).toEqual({
        state: 'live',
        position: head,
        published: 5,
        deadLettered: 0,
        restarts: 0,
        lastFailure: undefined,
      });
    });
    expect(await engine.messageLog.checkpoint('bridge')).toBe(head);
  });

  it('goes on from its checkpoint', async () => {
    await commit('a', 'b');
    const first = start();
    await untilHolds(() => {
      expect(first.status.published).toBe(2);
    });
    await first.stop();
    await commit('c');
    const second = start();
    await untilHolds(async () => {
      expect(await idsIn(sampleTopic)).toEqual(['a', 'b', 'c']);
    });
    expect(first.status.state).toBe('stopped');
    expect(second.status.published).toBe(1);
  });

  it('is one at a time', async () => {
    const first = start();
    await untilHolds(() => {
      expect(first.status.state).toBe('live');
    });
    const second = start({ ttlMs: 40 });
    await untilHolds(() => {
      expect(second.status.state).toBe('standby');
    });
    await commit('a');
    await untilHolds(async () => {
      expect(await idsIn(sampleTopic)).toEqual(['a']);
    });
    await first.stop();
    await commit('b');
    await untilHolds(async () => {
      expect(await idsIn(sampleTopic)).toEqual(['a', 'b']);
    });
    expect(second.status.published).toBe(1);
  });

  it('that was succeeded writes nothing more, and reads the checkpoint again before it goes on', async () => {
    const relay = start();
    await untilHolds(() => {
      expect(relay.status.state).toBe('live');
    });
    const usurper = await engine.messageLog.openTransactional('bridge');
    await commit('a');
    await untilHolds(async () => {
      expect(await idsIn(sampleTopic)).toEqual(['a']);
    });
    expect(relay.status.restarts).toBe(1);
    await expect(usurper.commit([], 'x')).rejects.toMatchObject({ name: 'Fenced' });
  });

  it('stops before an event that it cannot encode, and names it', async () => {
    await commit('a', 'b', 'c', 'd');
    const relay = start({ translation: poisonous('c') });
    await untilHolds(() => {
      expect(relay.status.state).toBe('failed');
    });
    expect(await idsIn(sampleTopic)).toEqual(['a', 'b']);
    expect(relay.status.lastFailure).toMatchObject({
      eventId: 'c',
      stream: 'thing-c',
      message: 'SampleHappened version 1 (thing-c revision 0) cannot be published: it has no schema',
    });
    expect(log.entries.filter(({ level }) => level === 'error')).toHaveLength(1);
    await relay.stop();
    start();
    await untilHolds(async () => {
      expect(await idsIn(sampleTopic)).toEqual(['a', 'b', 'c', 'd']);
    });
  });

  it('stops before the very first event', async () => {
    await commit('a', 'b');
    const relay = start({ translation: poisonous('a') });
    await untilHolds(() => {
      expect(relay.status.state).toBe('failed');
    });
    expect(await idsIn(sampleTopic)).toEqual([]);
    expect(await engine.messageLog.checkpoint('bridge')).toBeUndefined();
  });

  it('puts such an event aside and goes on, when it is told to', async () => {
    await commit('a', 'b', 'c');
    const relay = start({ translation: poisonous('b'), unpublishable: 'dead-letter' });
    await untilHolds(async () => {
      expect(await idsIn(sampleTopic)).toEqual(['a', 'c']);
    });
    const [letter] = await engine.messageLog.read({ topic: bridgeDeadLetters, partition: 0, offset: 0 }, 10);
    expect(JSON.parse(letter?.value?.toString() ?? '')).toMatchObject({
      id: 'b',
      stream: 'thing-b',
      data: { id: 'b' },
    });
    expect(readHeader(letter?.headers ?? [], 'dead-letter-reason')).toContain('it has no schema');
    expect(relay.status).toMatchObject({ state: 'live', deadLettered: 1 });
  });

  it('tries again after a fault', async () => {
    await commit('a');
    let faults = 3;
    const relay = start({
      translation: {
        ...sampleTranslation,
        prepare: () => {
          faults -= 1;
          return faults < 0 ? Promise.resolve() : Promise.reject(new Error('The registry does not answer.'));
        },
      },
    });
    await untilHolds(async () => {
      expect(await idsIn(sampleTopic)).toEqual(['a']);
    });
    expect(relay.status.restarts).toBe(3);
  });
});
