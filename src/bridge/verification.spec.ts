import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../adapters/embedded/index.js';
import { type RecordedEvent } from '../kernel/envelope.js';
import { type NewMessage } from '../ports/message-log.js';
import { eventsOf, sampleEvent } from '../testing/sample-events.js';
import { textHeaders } from '../wire/headers.js';
import { deadLetterOf, bridgeDeadLetters } from './dead-letter.js';
import { sampleMessage, sampleTopic, sampleTranslation } from './testing/sample-messages.js';
import { Unpublishable } from './unpublishable.js';
import { type FindingKind, isClean, Verification } from './verification.js';

const slot = 'sample';
const never = new AbortController().signal;

let dataDir: string;
let engine: ReturnType<typeof openEmbedded>;
let events: readonly RecordedEvent[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'verification-'));
  engine = openEmbedded({ dataDir });
  await engine.messageLog.ensureTopics([
    { name: sampleTopic, partitions: 3, retentionMs: null },
    { name: bridgeDeadLetters, partitions: 1, retentionMs: null },
  ]);
  await append(0, 12);
});

afterEach(async () => {
  await engine.close();
  await rm(dataDir, { recursive: true });
});

const append = async (from: number, count: number): Promise<void> => {
  for (let n = from; n < from + count; n += 1) {
    await engine.eventStore.append(`thing-${n % 4}`, 'any', [sampleEvent(`e${n}`)]);
  }
  events = await eventsOf(engine.eventStore);
};

const verification = (): Verification =>
  new Verification({ ...engine, topics: [sampleTopic], translation: sampleTranslation, slot });

/** The bridge's checkpoint after the messages: the last event unless told otherwise. */
const publish = async (
  messages: readonly NewMessage[],
  checkpoint: string = events.at(-1)?.position ?? '',
): Promise<void> => {
  const producer = await engine.messageLog.openTransactional(slot);
  await producer.commit(messages, checkpoint);
  await producer.close();
};

const eventAt = (index: number): RecordedEvent => {
  const event = events[index];
  if (event === undefined) throw new RangeError(`There is no event ${index}.`);
  return event;
};

const messages = (): NewMessage[] => events.map(sampleMessage);

const counts = (found: Partial<Record<FindingKind, number>> = {}) => ({
  gap: 0,
  duplicate: 0,
  reordered: 0,
  foreign: 0,
  differing: 0,
  ...found,
});

describe('a verification', () => {
  it('finds nothing where every event has its one record in order', async () => {
    await publish(messages());
    const result = await verification().advance(never);
    expect(result).toEqual({
      position: events.at(-1)?.position,
      events: 12,
      records: 12,
      counts: counts(),
      expired: 0,
      deadLettered: 0,
      findings: [],
    });
    expect(isClean(result)).toBe(true);
  });

  it('expects nothing of what is not published yet, and goes on from where it stopped', async () => {
    await publish(messages().slice(0, 5), eventAt(4).position);
    const verifying = verification();
    expect(await verifying.advance(never)).toMatchObject({ events: 5, records: 5, counts: counts() });
    await publish(messages().slice(5));
    expect(await verifying.advance(never)).toMatchObject({ events: 12, records: 12, counts: counts() });
    expect(await verifying.advance(never)).toMatchObject({ events: 12, records: 12, counts: counts() });
  });

  it('has nothing to say before anything is published', async () => {
    expect(await verification().advance(never)).toMatchObject({ position: undefined, events: 0, records: 0 });
  });

  const twice = (index: number): NewMessage[] => [...messages(), sampleMessage(eventAt(index))];
  const late = (index: number): NewMessage[] => [
    ...messages().filter((_, n) => n !== index),
    sampleMessage(eventAt(index)),
  ];
  const withPosition = (position: string): NewMessage => ({
    ...sampleMessage(eventAt(3)),
    headers: textHeaders({ position, stream: 'thing-x', revision: '7' }),
  });
  const changed = (): NewMessage[] =>
    messages().map((message, n) => (n === 6 ? { ...message, value: Buffer.from('{}') } : message));

  it.each<[string, () => NewMessage[], Partial<Record<FindingKind, number>>, number]>([
    ['a record that is missing', () => messages().filter((_, n) => n !== 7), { gap: 1 }, 11],
    ['a record that is there twice', () => twice(2), { duplicate: 1 }, 13],
    ['the last record there twice', () => twice(11), { duplicate: 1 }, 13],
    ['a record in another partition, too', () => [...messages(), elsewhere(5)], { duplicate: 1 }, 13],
    ['a record that comes too late', () => late(1), { reordered: 1 }, 12],
    [
      'a record of a position that is not the store’s',
      () => [withPosition('00000000000000000000'), ...messages()],
      { foreign: 1 },
      13,
    ],
    [
      'a record of a position to come',
      () => [withPosition('99999999999999999999'), ...messages()],
      { foreign: 1 },
      13,
    ],
    [
      'a record without headers',
      () => [{ ...sampleMessage(eventAt(0)), headers: [] }, ...messages()],
      { foreign: 1 },
      13,
    ],
    ['a record with another content', changed, { differing: 1 }, 12],
  ])('tells of %s', async (_, published, found, records) => {
    await publish(published());
    const result = await verification().advance(never);
    expect(result).toMatchObject({ events: 12, records, counts: counts(found) });
    expect(result.findings).toHaveLength(1);
    expect(isClean(result)).toBe(false);
  });

  const elsewhere = (index: number): NewMessage => ({
    ...sampleMessage(eventAt(index)),
    key: Buffer.from('other'),
  });

  it('counts an event that was put aside as dealt with', async () => {
    const event = eventAt(4);
    const aside = deadLetterOf(event, new Unpublishable(event, new Error('no schema')));
    await publish(messages().map((message, n) => (n === 4 ? aside : message)));
    expect(await verification().advance(never)).toMatchObject({
      events: 12,
      records: 12,
      deadLettered: 1,
      counts: counts(),
    });
  });

  it('holds few of many records', async () => {
    await append(12, 1_000);
    await publish(messages());
    expect(await verification().advance(never)).toMatchObject({
      events: 1_012,
      records: 1_012,
      counts: counts(),
    });
  });
});
