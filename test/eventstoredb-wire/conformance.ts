import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type AppendToStreamOptions,
  type AllStreamResolvedEvent,
  BACKWARDS,
  binaryEvent,
  END,
  EventStoreDBClient,
  eventTypeFilter,
  type Filter,
  jsonEvent,
  MaxAppendSizeExceededError,
  NO_STREAM,
  type Position,
  STREAM_EXISTS,
  StreamNotFoundError,
  streamNameFilter,
} from '@eventstore/db-client';
import { until } from '../../src/testing/until.js';
import {
  follow,
  Follower,
  idsOf,
  made,
  madeMany,
  newStream,
  read,
  readIds,
  refusalOf,
} from './conformance-tools.js';
import { type WireServer } from './server.js';

/** A server under test, and what is known of it beforehand. */
export interface Subject {
  readonly connectionString: string;
  /** Its fault switches; cases that need them are left out without. */
  readonly server?: WireServer;
  dispose(): Promise<void>;
}

export interface Expectations {
  /** Whether there are fault switches. */
  readonly faults: boolean;
  /** Whether BatchAppend is listed. */
  readonly batch: boolean;
  /** Since 23.10. */
  readonly caughtUp: boolean;
  /** undefined: either. */
  readonly slowConsumer?: 'dropped' | 'back to catching up';
}

type Path = Pick<AppendToStreamOptions, 'credentials'>;

/** Of the connection string. With credentials of its own, a call takes Append. */
const credentialsIn = (connectionString: string): { username: string; password: string } => {
  const [, username = 'admin', password = 'changeit'] =
    /^esdb(?:\+discover)?:\/\/([^:@/]+):([^@/]+)@/.exec(connectionString) ?? [];
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
};

const wrongVersion = (streamName: string, expectedVersion: bigint | string, actualVersion: bigint | string) =>
  expect.objectContaining({
    type: 'wrong-expected-version',
    streamName,
    expectedVersion,
    actualVersion,
  });

const deleted = (streamName: string) => expect.objectContaining({ type: 'stream-deleted', streamName });

/** The 23 cases that tell whether something behaves as EventStoreDB does, by its own client. */
export const describeConformance = (
  name: string,
  expectations: Expectations,
  open: () => Promise<Subject>,
): void => {
  const withFaults = expectations.faults ? it : it.skip;
  describe(name, () => {
    let subject: Subject;
    let client: EventStoreDBClient;

    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject.dispose());
    beforeEach(() => {
      client = EventStoreDBClient.connectionString(subject.connectionString);
    });
    afterEach(() => client.dispose());

    const serverOf = (): WireServer => {
      if (!subject.server) throw new Error('The case needs fault switches.');
      return subject.server;
    };

    const describePath = (path: string, of: () => Path): void => {
      describe(`appended by ${path}`, () => {
        const append = (
          stream: string,
          events: Parameters<EventStoreDBClient['appendToStream']>[1],
          expectedRevision: NonNullable<AppendToStreamOptions['expectedRevision']>,
          more: Partial<AppendToStreamOptions> = {},
        ) => client.appendToStream(stream, events, { expectedRevision, ...of(), ...more });

        it('1: three events are read back as they were, where the answer says', async () => {
          const stream = newStream();
          const events = madeMany(3);
          const before = Date.now();
          const { nextExpectedRevision, position } = await append(stream, events, NO_STREAM);
          expect(nextExpectedRevision).toBe(2n);
          expect(position?.commit).toBe(position?.prepare);
          const stored = await read(client.readStream(stream));
          expect(
            stored.map(
              ({ event }) => event && [event.id, event.type, event.data, event.metadata, event.revision],
            ),
          ).toStrictEqual(
            events.map(({ id, type, data, metadata }, index) => [id, type, data, metadata, BigInt(index)]),
          );
          for (const { event } of stored)
            expect(Math.abs((event?.created.getTime() ?? 0) - before)).toBeLessThan(30_000);
          const [there] = await read(client.readAll({ fromPosition: position ?? END, maxCount: 1 }));
          expect(there?.event?.id).toBe(events[2]?.id);
        });

        it('2: a second beginning is refused', async () => {
          const stream = newStream();
          const events = madeMany(3);
          await append(stream, events, NO_STREAM);
          expect(await refusalOf(append(stream, madeMany(2), NO_STREAM))).toStrictEqual(
            wrongVersion(stream, 'no_stream', 2n),
          );
          expect(await readIds(client, stream)).toStrictEqual(idsOf(events));
        });

        it('3: only the revision of the last event is the right one', async () => {
          const stream = newStream();
          await append(stream, madeMany(3), NO_STREAM);
          expect((await append(stream, made(3), 2n)).nextExpectedRevision).toBe(3n);
          expect(await refusalOf(append(stream, made(4), 9n))).toStrictEqual(wrongVersion(stream, 9n, 3n));
          expect(await refusalOf(append(stream, made(4), 0n))).toStrictEqual(wrongVersion(stream, 0n, 3n));
        });

        it('4: what is not there has no revision', async () => {
          const stream = newStream();
          expect(await refusalOf(append(stream, made(0), STREAM_EXISTS))).toStrictEqual(
            wrongVersion(stream, 'stream_exists', 'no_stream'),
          );
          expect(await refusalOf(append(stream, made(0), 0n))).toStrictEqual(
            wrongVersion(stream, 0n, 'no_stream'),
          );
        });

        it('5: of two writers at one revision one succeeds', async () => {
          const stream = newStream();
          await append(stream, made(0), NO_STREAM);
          const rivals = [made(1), made(2)];
          const results = await Promise.all(rivals.map((event) => refusalOf(append(stream, event, 0n))));
          expect(results).toHaveLength(2);
          expect(results).toContainEqual(wrongVersion(stream, 0n, 1n));
          expect(results).toContainEqual({
            settled: expect.objectContaining({ success: true, nextExpectedRevision: 1n }),
          });
          expect(await readIds(client, stream)).toHaveLength(2);
        });

        it('6: the same write again is answered as the first was', async () => {
          const stream = newStream();
          const events = madeMany(3);
          const first = await append(stream, events, NO_STREAM);
          await append(stream, made(3), 2n);
          expect(await append(stream, events, NO_STREAM)).toStrictEqual(first);
          expect(await readIds(client, stream)).toHaveLength(4);
        });

        withFaults('7: a write whose answer was lost can be repeated', async () => {
          const stream = newStream();
          const events = madeMany(3);
          serverOf().faults.loseAck = 1;
          const lost = await refusalOf(append(stream, events, NO_STREAM, { deadline: 500 }));
          expect(['deadline-exceeded', 'unavailable']).toContain((lost as { type?: string }).type);
          expect(await append(stream, events, NO_STREAM)).toStrictEqual(
            expect.objectContaining({ success: true, nextExpectedRevision: 2n }),
          );
          expect(await readIds(client, stream)).toStrictEqual(idsOf(events));
        });

        it('8: a write that is partly the same is another one', async () => {
          const stream = newStream();
          const [first, second] = [made(0), made(1)];
          await append(stream, [first, second], NO_STREAM);
          expect(await refusalOf(append(stream, [first, made(2)], NO_STREAM))).toStrictEqual(
            wrongVersion(stream, 'no_stream', 1n),
          );
          expect(await readIds(client, stream)).toStrictEqual(idsOf([first, second]));
        });

        it('9: at any revision, events known lately are not written again', async () => {
          const stream = newStream();
          const events = madeMany(2);
          const first = await append(stream, events, 'any');
          expect(await append(stream, events, 'any')).toStrictEqual(first);
          const late = made(9);
          expect((await append(stream, [late, ...events], 'any')).nextExpectedRevision).toBe(4n);
          expect(await readIds(client, stream)).toStrictEqual(idsOf([...events, late, ...events]));
        });

        it('10: a write in many chunks is one write', async () => {
          const stream = newStream();
          const events = [made(0, 'x'.repeat(5_000)), ...madeMany(9, 'x'.repeat(600))];
          const written = await append(stream, events, NO_STREAM, { batchAppendSize: 1_000 });
          expect(written.nextExpectedRevision).toBe(9n);
          expect(await readIds(client, stream)).toStrictEqual(idsOf(events));
        });

        it('11: too large a write is refused whole, and the next one taken', async () => {
          const stream = newStream();
          const large = madeMany(3, 'x'.repeat(400_000));
          const refused = await refusalOf(append(stream, large, NO_STREAM));
          expect(refused).toBeInstanceOf(MaxAppendSizeExceededError);
          expect((refused as MaxAppendSizeExceededError).maxAppendSize).toBe(1_048_576);
          expect(await refusalOf(readIds(client, stream))).toBeInstanceOf(StreamNotFoundError);
          expect((await append(stream, made(0), NO_STREAM)).nextExpectedRevision).toBe(0n);
        });

        it('14: bytes, empty data, foreign letters and deep values come back as they went', async () => {
          const stream = newStream('zażółć-注文-🛒');
          const bytes = Buffer.from([0, 255, 128, 10]);
          const deep = {
            list: Array.from({ length: 500 }, (_, n) => ({ n, text: 'ß\u0000"\\'.repeat(20) })),
          };
          await append(
            stream,
            [
              binaryEvent({ type: 'Bytes', data: bytes, metadata: bytes }),
              binaryEvent({ type: 'Empty', data: Buffer.alloc(0) }),
              jsonEvent({ type: 'Deep', data: deep }),
            ],
            NO_STREAM,
          );
          const stored = (await read(client.readStream(stream))).map(({ event }) => event);
          expect(
            stored.map((event) => [
              event?.streamId,
              event?.type,
              event?.isJson,
              event?.data instanceof Uint8Array ? Buffer.from(event.data) : event?.data,
              event?.metadata instanceof Uint8Array ? Buffer.from(event.metadata) : event?.metadata,
            ]),
          ).toStrictEqual([
            [stream, 'Bytes', false, bytes, bytes],
            [stream, 'Empty', false, Buffer.alloc(0), undefined],
            [stream, 'Deep', true, deep, undefined],
          ]);
        });

        it('15: a deleted stream begins again behind its old events', async () => {
          const stream = newStream();
          await append(stream, madeMany(3), NO_STREAM);
          await client.deleteStream(stream, { expectedRevision: 2n });
          expect(await refusalOf(readIds(client, stream))).toBeInstanceOf(StreamNotFoundError);
          expect(await refusalOf(append(stream, made(3), STREAM_EXISTS))).toStrictEqual(deleted(stream));
          const next = made(3);
          expect((await append(stream, next, NO_STREAM)).nextExpectedRevision).toBe(3n);
          expect(await readIds(client, stream)).toStrictEqual([next.id]);
          expect(await client.getStreamMetadata(stream)).toMatchObject({ metadata: { truncateBefore: 3 } });
        });

        it('16: a tombstone is final', async () => {
          const stream = newStream();
          await append(stream, made(0), NO_STREAM);
          const { position } = await client.tombstoneStream(stream, { expectedRevision: 0n });
          expect(position).toBeDefined();
          expect(await refusalOf(readIds(client, stream))).toStrictEqual(deleted(stream));
          expect(await refusalOf(append(stream, made(1), NO_STREAM))).toStrictEqual(deleted(stream));
          expect(await refusalOf(client.tombstoneStream(stream))).toStrictEqual(deleted(stream));
          expect(await refusalOf(client.deleteStream(stream))).toStrictEqual(deleted(stream));
          const late = await follow(client.subscribeToStream(stream)).until(
            'error',
            ({ error }) => error !== undefined,
          );
          expect([late.ids, late.error]).toStrictEqual([[], deleted(stream)]);
        });
      });
    };

    if (expectations.batch) describePath('BatchAppend', () => ({}));
    describePath('Append', () => ({ credentials: credentialsIn(subject.connectionString) }));

    const appendMany = async (stream: string, count: number, pad = ''): Promise<string[]> => {
      const events = madeMany(count, pad);
      for (let at = 0; at < count; at += 20) await client.appendToStream(stream, events.slice(at, at + 20));
      return idsOf(events);
    };

    it('12: a read of nothing, beyond the end, and of the last event', async () => {
      const missing = newStream();
      expect(await refusalOf(readIds(client, missing))).toStrictEqual(
        expect.objectContaining({ type: 'stream-not-found', streamName: missing }),
      );
      const stream = newStream();
      const ids = await appendMany(stream, 3);
      expect(await read(client.readStream(stream, { fromRevision: 3n }))).toStrictEqual([]);
      const last = await read(
        client.readStream(stream, { direction: BACKWARDS, fromRevision: END, maxCount: 1 }),
      );
      expect(last.map(({ event }) => event?.id)).toStrictEqual([ids[2]]);
      expect(await refusalOf(client.deleteStream(missing))).toStrictEqual(
        expect.objectContaining({ type: 'wrong-expected-version', actualVersion: -1n }),
      );
    });

    it('13: all events stand in one order, with gaps; forwards includes, backwards excludes', async () => {
      const stream = newStream();
      const events = madeMany(4);
      const positions: Position[] = [];
      for (const event of events) {
        const { position } = await client.appendToStream(stream, event);
        if (position) positions.push(position);
      }
      const [, , third] = positions;
      const commits = (seen: readonly AllStreamResolvedEvent[]): bigint[] =>
        seen.map(({ event }) => event?.position.commit ?? 0n);
      const forwards = await read(client.readAll({ fromPosition: third ?? END, maxCount: 2 }));
      expect(forwards[0]?.event?.id).toBe(events[2]?.id);
      const backwards = await read(
        client.readAll({ fromPosition: third ?? END, direction: BACKWARDS, maxCount: 30 }),
      );
      expect(backwards[0]?.event?.id).not.toBe(events[2]?.id);
      expect(commits(backwards)).toContain(positions[1]?.commit);
      const ascending = [...commits(backwards).reverse(), ...commits(forwards)];
      for (const [index, commit] of ascending.entries())
        if (index > 0) expect(commit - (ascending[index - 1] ?? 0n)).toBeGreaterThan(1n);
    });

    it('17: a subscription to a stream tells history, then what comes, each once', async () => {
      const stream = newStream();
      const history = await appendMany(stream, 100);
      const meanwhile = appendMany(stream, 200);
      const follower = follow(client.subscribeToStream(stream, { fromRevision: 9n }));
      const during = await meanwhile;
      await follower.has(290);
      if (expectations.caughtUp) await follower.until('caught up', ({ caughtUp }) => caughtUp > 0);
      const after = await appendMany(stream, 10);
      await follower.has(300);
      expect(follower.ids).toStrictEqual([...history.slice(10), ...during, ...after]);
      expect(follower.revisions).toStrictEqual(Array.from({ length: 300 }, (_, n) => BigInt(n + 10)));
      expect(follower.confirmed).toBe(1);
      if (!expectations.caughtUp) expect(follower.caughtUp).toBe(0);
      await follower.subscription.unsubscribe();
    });

    it('17: a subscription to a stream that is not there waits, and ends with its tombstone', async () => {
      const stream = newStream();
      const follower = follow(client.subscribeToStream(stream));
      await follower.until('a confirmation', ({ confirmed }) => confirmed > 0);
      const ids = await appendMany(stream, 2);
      await follower.has(2);
      await client.tombstoneStream(stream);
      await follower.until('an error', ({ error }) => error !== undefined);
      expect(follower.ids.slice(0, 2)).toStrictEqual(ids);
      expect(follower.revisions).toStrictEqual([0n, 1n, 9_223_372_036_854_775_807n]);
      expect(follower.error).toStrictEqual(deleted(stream));
    });

    it('18: a subscription to all resumes after the position', async () => {
      const stream = newStream();
      const filter = streamNameFilter({ prefixes: [stream] });
      const { position } = await client.appendToStream(stream, madeMany(3));
      const late = made(3);
      await client.appendToStream(stream, late);
      const follower = follow(client.subscribeToAll({ fromPosition: position ?? END, filter }));
      await follower.has(1);
      const later = await appendMany(stream, 5);
      await follower.has(6);
      expect(follower.ids).toStrictEqual([late.id, ...later]);
      await follower.subscription.unsubscribe();
    });

    type Window = Pick<Filter, 'maxSearchWindow' | 'checkpointInterval' | 'checkpointReached'>;
    const filters: Record<string, (stream: string, type: string, window: Window) => Filter> = {
      'a prefix of the stream': (stream, _, window) =>
        streamNameFilter({ prefixes: ['none-', stream], ...window }),
      'a pattern of the stream': (stream, _, window) => streamNameFilter({ regex: `^${stream}$`, ...window }),
      'a prefix of the type': (_, type, window) => eventTypeFilter({ prefixes: [type], ...window }),
    };

    it.each(Object.entries(filters))(
      '19: with a filter by %s the rest is passed over, and each checkpoint resumes before the match',
      async (_, filterOf) => {
        const [noise, stream] = [newStream('noise'), newStream('match')];
        const type = `Match-${stream}`;
        const { position: from } = await client.appendToStream(noise, made(0));
        await appendMany(noise, 500);
        const match = jsonEvent({ type, data: {} });
        await client.appendToStream(stream, match);
        const checkpoints: Position[] = [];
        const window = { maxSearchWindow: 32, checkpointInterval: 1 };
        const filter = filterOf(stream, type, {
          ...window,
          checkpointReached: (_, position) => {
            checkpoints.push(position);
          },
        });
        const follower = follow(client.subscribeToAll({ fromPosition: from ?? END, filter }));
        await follower.has(1);
        await follower.subscription.unsubscribe();
        expect(follower.ids).toStrictEqual([match.id]);
        // 501 events and whatever the server wrote among them, 32 a page.
        expect(checkpoints.length).toBeGreaterThanOrEqual(15);
        const commits = checkpoints.map(({ commit }) => commit);
        expect(commits).toStrictEqual([...commits].sort((a, b) => (a < b ? -1 : 1)));
        const resumed = checkpoints.slice(0, 15).map(async (fromPosition) => {
          const again = follow(
            client.subscribeToAll({ fromPosition, filter: filterOf(stream, type, window) }),
          );
          await again.has(1);
          await again.subscription.unsubscribe();
          return again.ids;
        });
        expect(await Promise.all(resumed)).toStrictEqual(resumed.map(() => [match.id]));
      },
    );

    it('20: a consumer that stops for a while loses nothing', async () => {
      const stream = newStream();
      const first = await appendMany(stream, 1);
      const follower = new Follower(client.subscribeToStream(stream));
      await follower.until('a confirmation', ({ confirmed }) => confirmed > 0);
      if (expectations.caughtUp) await follower.until('caught up', ({ caughtUp }) => caughtUp > 0);
      const ids = [...first, ...(await appendMany(stream, 400, 'x'.repeat(10_000)))];
      const server = subject.server;
      if (server && expectations.slowConsumer === 'dropped')
        await until('the drop', () => (server.open().subscriptions === 0 ? true : undefined));
      follower.take();
      await follower.until(
        'everything or a drop',
        ({ error, ids: seen }) => seen.length === ids.length || !!error,
      );
      const seen = [...follower.ids];
      if (follower.error !== undefined) {
        expect(follower.error).toMatchObject({ type: 'timeout' });
        const fromRevision = follower.revisions.at(-1) ?? 'start';
        const again = await follow(client.subscribeToStream(stream, { fromRevision })).has(
          ids.length - seen.length,
        );
        await again.subscription.unsubscribe();
        seen.push(...again.ids);
      }
      expect(seen).toStrictEqual(ids);
      const { slowConsumer } = expectations;
      if (slowConsumer) expect(follower.error !== undefined).toBe(slowConsumer === 'dropped');
      await follower.subscription.unsubscribe();
    });

    describe('21: after a drop a subscription goes on from what was processed', () => {
      const drops: Record<string, (server: WireServer) => void | Promise<void>> = {
        'a clean end': (server) => {
          server.endSubscriptions();
        },
        'lost connections': (server) => {
          server.dropSockets();
        },
        'a restart': (server) => server.restart(),
      };
      for (const [kind, drop] of Object.entries(drops))
        withFaults(kind, async () => {
          const stream = newStream();
          const history = await appendMany(stream, 5);
          const follower = await follow(client.subscribeToStream(stream)).has(5);
          await drop(serverOf());
          await follower.until('an end', ({ ended, error }) => ended || error !== undefined);
          expect(follower.error === undefined).toBe(kind === 'a clean end');
          const another = EventStoreDBClient.connectionString(subject.connectionString);
          const later = made(5);
          await another.appendToStream(stream, later, { expectedRevision: 4n });
          const again = await follow(another.subscribeToStream(stream, { fromRevision: 4n })).has(1);
          expect([...follower.ids, ...again.ids]).toStrictEqual([...history, later.id]);
          await again.subscription.unsubscribe();
          await another.dispose();
        });
    });

    withFaults('22: a follower tells where the leader is, and an unready node that it is not', async () => {
      const { faults } = serverOf();
      const leader = await open();
      const { port } = leader.server ?? serverOf();
      faults.leader = { host: '127.0.0.1', port };
      const stream = newStream();
      const toLeader = { requiresLeader: true, expectedRevision: NO_STREAM } as const;
      expect(await refusalOf(client.appendToStream(stream, made(0), toLeader))).toMatchObject({
        type: 'not-leader',
        leader: { address: '127.0.0.1', port },
      });
      await client.appendToStream(stream, made(0), toLeader);
      faults.leader = null;
      const direct = EventStoreDBClient.connectionString(subject.connectionString);
      expect(await refusalOf(readIds(direct, stream))).toBeInstanceOf(StreamNotFoundError);
      await direct.dispose();
      await leader.dispose();
      faults.refuse = { condition: 'not ready', calls: 1 };
      const reader = EventStoreDBClient.connectionString(subject.connectionString);
      expect(await refusalOf(readIds(reader, stream))).toMatchObject({ type: 'unavailable' });
      expect(await refusalOf(readIds(reader, stream))).toBeInstanceOf(StreamNotFoundError);
      await reader.dispose();
    });

    withFaults('23: the server sees who leaves', async () => {
      const stream = newStream();
      await client.appendToStream(stream, made(0));
      const one = await follow(client.subscribeToStream(stream)).has(1);
      const two = follow(client.subscribeToAll());
      await two.until('a confirmation', ({ confirmed }) => confirmed > 0);
      await one.subscription.unsubscribe();
      await one.until('an end', ({ ended }) => ended);
      expect(one.error).toBeUndefined();
      await until('one subscription', () => (serverOf().open().subscriptions === 1 ? true : undefined));
      await client.dispose();
      await until('no open call', () => {
        const { subscriptions, batches } = serverOf().open();
        return subscriptions + batches === 0 ? true : undefined;
      });
    });

    it('23: a process that disposes its client ends', async () => {
      const script = `
        const { EventStoreDBClient, jsonEvent } = require('@eventstore/db-client');
        const client = EventStoreDBClient.connectionString(process.argv[1]);
        (async () => {
          await client.appendToStream(process.argv[2], jsonEvent({ type: 'Made', data: {} }));
          const subscription = client.subscribeToStream(process.argv[2]);
          for await (const { event } of subscription) { console.log(event.revision); break; }
          await subscription.unsubscribe();
          await client.dispose();
        })();`;
      const { stdout } = await promisify(execFile)(process.execPath, [
        '-e',
        script,
        subject.connectionString,
        newStream(),
      ]);
      expect(stdout).toBe('0n\n');
    });
  });
};
