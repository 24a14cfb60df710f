import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConcurrencyConflict, type EventStore } from '../ports/event-store.js';
import { describeSubscriptionContract, type EventStoreHarness } from './subscription.contract.js';
import { eventsOf, idsOf, sampleEvent } from './sample-events.js';

/** What every adapter of the event store does, sentence by sentence of the port. */
export const describeEventStoreContract = (name: string, open: () => Promise<EventStoreHarness>): void => {
  describe(`${name} as an event store`, () => {
    let harness: EventStoreHarness;
    let store: EventStore;

    beforeEach(async () => {
      harness = await open();
      store = harness.store;
    });

    afterEach(() => harness.dispose());

    const appendMany = async (stream: string, count: number): Promise<void> => {
      const events = Array.from({ length: count }, (_, index) => sampleEvent(`${stream}/${index}`));
      await store.append(stream, 'absent', events);
    };

    /** Decides anew at each conflict, as a command handler does. */
    const appendStubbornly = async (target: EventStore, stream: string, id: string): Promise<number> => {
      for (;;) {
        const [last] = await target.readStream(stream, { direction: 'backwards', limit: 1 });
        try {
          return (await target.append(stream, last?.revision ?? 'absent', [sampleEvent(id)])).revision;
        } catch (error) {
          if (!(error instanceof ConcurrencyConflict)) throw error;
        }
      }
    };

    const conflict = (stream: string, expected: number | 'absent', actual: number | 'absent') =>
      expect.objectContaining({ name: 'ConcurrencyConflict', stream, expected, actual });

    describe('append', () => {
      it('stores everything that the event says, and where it stands', async () => {
        const event = {
          ...sampleEvent('a', {
            data: { text: 'Grüße, 注文 🛒 \u0000 "\\', list: [1, null, { deep: true }] },
          }),
          version: 3,
        };
        const metadata = { ...event.metadata, requestHash: 'hash', traceparent: '00-1-2-03' };
        const full = { ...event, metadata };
        const { revision, position } = await store.append('sample-ü/1', 'absent', [full]);
        expect(revision).toBe(0);
        expect(await store.readStream('sample-ü/1')).toStrictEqual([
          { ...full, stream: 'sample-ü/1', revision: 0, position },
        ]);
      });

      it('keeps large events whole', async () => {
        const event = sampleEvent('large', { data: { text: 'ß'.repeat(300_000) } });
        await store.append('sample-1', 'absent', [event]);
        expect((await store.readStream('sample-1'))[0]?.data).toStrictEqual(event.data);
      });

      it('numbers the events of a stream and answers with the last one', async () => {
        await appendMany('sample-1', 3);
        const answer = await store.append('sample-1', 2, [sampleEvent('x'), sampleEvent('y')]);
        const stored = await store.readStream('sample-1');
        expect(stored.map(({ revision }) => revision)).toStrictEqual([0, 1, 2, 3, 4]);
        expect(answer).toStrictEqual({ revision: 4, position: stored.at(-1)?.position });
      });

      it('answers with growing positions', async () => {
        const one = await store.append('sample-1', 'absent', [sampleEvent('a')]);
        const two = await store.append('sample-2', 'absent', [sampleEvent('b')]);
        expect(two.position > one.position).toBe(true);
      });

      it('refuses when the stream must be absent and is there', async () => {
        await appendMany('sample-1', 2);
        const answer = store.append('sample-1', 'absent', [sampleEvent('x')]);
        await expect(answer).rejects.toThrow(ConcurrencyConflict);
        await expect(answer).rejects.toEqual(conflict('sample-1', 'absent', 1));
        expect(await store.readStream('sample-1')).toHaveLength(2);
      });

      it.each([0, 2, 7])('refuses when the stream is not at revision %i', async (expected) => {
        await appendMany('sample-1', 2);
        const answer = store.append('sample-1', expected, [sampleEvent('x'), sampleEvent('y')]);
        await expect(answer).rejects.toEqual(conflict('sample-1', expected, 1));
        expect(await store.readStream('sample-1')).toHaveLength(2);
      });

      it('refuses when the stream must be there and is absent', async () => {
        const answer = store.append('sample-1', 0, [sampleEvent('x')]);
        await expect(answer).rejects.toEqual(conflict('sample-1', 0, 'absent'));
      });

      it('takes any revision for any', async () => {
        expect((await store.append('sample-1', 'any', [sampleEvent('a')])).revision).toBe(0);
        expect((await store.append('sample-1', 'any', [sampleEvent('b')])).revision).toBe(1);
      });

      it('refuses to append nothing', async () => {
        await expect(store.append('sample-1', 'any', [])).rejects.toThrow(RangeError);
      });

      it('answers a repeated append as it did the first time', async () => {
        const events = [sampleEvent('a'), sampleEvent('b')];
        const first = await store.append('sample-1', 'absent', events);
        const second = await store.append('sample-1', 1, [sampleEvent('c')]);
        expect(await store.append('sample-1', 'absent', events)).toStrictEqual(first);
        expect(await store.append('sample-1', 1, [sampleEvent('c')])).toStrictEqual(second);
        expect(idsOf(await store.readStream('sample-1'))).toStrictEqual(['a', 'b', 'c']);
      });

      it.each([
        ['other ids', ['x', 'y']],
        ['only the first id', ['a', 'x']],
        ['more events', ['a', 'b', 'c']],
        ['the ids in another order', ['b', 'a']],
      ])('refuses what looks repeated but has %s', async (_, ids) => {
        await store.append('sample-1', 'absent', [sampleEvent('a'), sampleEvent('b')]);
        const answer = store.append(
          'sample-1',
          'absent',
          ids.map((id) => sampleEvent(id)),
        );
        await expect(answer).rejects.toEqual(conflict('sample-1', 'absent', 1));
      });

      it('takes the same id in another stream for another event', async () => {
        await store.append('sample-1', 'absent', [sampleEvent('a')]);
        expect((await store.append('sample-2', 'absent', [sampleEvent('a')])).revision).toBe(0);
        expect(await store.readStream('sample-2')).toHaveLength(1);
      });
    });

    describe('concurrent appends', () => {
      it('at the same revision: one wins, the others are told', async () => {
        await appendMany('sample-1', 1);
        const answers = await Promise.allSettled(
          Array.from({ length: 32 }, (_, n) => store.append('sample-1', 0, [sampleEvent(`rival ${n}`)])),
        );
        const refused = answers.filter((answer) => answer.status === 'rejected');
        expect(refused).toHaveLength(31);
        for (const { reason } of refused) expect(reason).toEqual(conflict('sample-1', 0, 1));
        expect(await store.readStream('sample-1')).toHaveLength(2);
      });

      it('do not suffer from the refusal of another', async () => {
        await appendMany('sample-taken', 1);
        const answers = await Promise.allSettled(
          Array.from({ length: 60 }, (_, n) =>
            store.append(n % 3 === 0 ? 'sample-taken' : `sample-${n}`, 'absent', [sampleEvent(`${n}`)]),
          ),
        );
        expect(answers.map(({ status }) => status)).toStrictEqual(
          answers.map((_, n) => (n % 3 === 0 ? 'rejected' : 'fulfilled')),
        );
        expect(await eventsOf(store)).toHaveLength(1 + 40);
      });

      it('to many streams are all kept, and no batch is interleaved', async () => {
        const streams = Array.from({ length: 200 }, (_, n) => `sample-${n}`);
        await Promise.all(streams.map((stream) => appendMany(stream, 3)));
        const log = await eventsOf(store);
        expect(log).toHaveLength(600);
        for (let index = 0; index < log.length; index += 3) {
          const batch = log.slice(index, index + 3);
          expect(new Set(batch.map(({ stream }) => stream)).size).toBe(1);
          expect(batch.map(({ revision }) => revision)).toStrictEqual([0, 1, 2]);
        }
      });

      it('of 64 who reload and try again lose nothing', async () => {
        const revisions = await Promise.all(
          Array.from({ length: 64 }, (_, n) => appendStubbornly(store, 'sample-hot', `event ${n}`)),
        );
        expect(revisions.toSorted((a, b) => a - b)).toStrictEqual(revisions.map((_, n) => n));
        expect(new Set(idsOf(await store.readStream('sample-hot'))).size).toBe(64);
      });

      it('through several connections lose nothing', async () => {
        const stores = [store, await harness.another(), await harness.another()];
        const wishes = stores.flatMap((target, connection) =>
          Array.from({ length: 16 }, (_, n) => ({ target, id: `${connection}/${n}` })),
        );
        await Promise.all(wishes.map(({ target, id }) => appendStubbornly(target, 'sample-hot', id)));
        const stored = await store.readStream('sample-hot');
        expect(idsOf(stored).toSorted()).toStrictEqual(idsOf(wishes).toSorted());
        expect(await eventsOf(store)).toStrictEqual(stored);
      });
    });

    describe('readStream', () => {
      beforeEach(() => appendMany('sample-1', 5));

      const revisions = async (
        ...options: Parameters<EventStore['readStream']> extends [string, ...infer R] ? R : never
      ) => (await store.readStream('sample-1', ...options)).map(({ revision }) => revision);

      it('reads an absent stream as empty', async () => {
        expect(await store.readStream('sample-2')).toStrictEqual([]);
        expect(await store.readStream('sample-2', { direction: 'backwards' })).toStrictEqual([]);
      });

      it('reads one stream only', async () => {
        await appendMany('sample-11', 1);
        expect(await revisions()).toStrictEqual([0, 1, 2, 3, 4]);
      });

      it('reads from a revision, which is included', async () => {
        expect(await revisions({ from: 2 })).toStrictEqual([2, 3, 4]);
        expect(await revisions({ from: 2, direction: 'backwards' })).toStrictEqual([2, 1, 0]);
      });

      it('reads backwards from the last event', async () => {
        expect(await revisions({ direction: 'backwards' })).toStrictEqual([4, 3, 2, 1, 0]);
      });

      it('reads no more than the limit', async () => {
        expect(await revisions({ limit: 2 })).toStrictEqual([0, 1]);
        expect(await revisions({ from: 3, limit: 1, direction: 'backwards' })).toStrictEqual([3]);
        expect(await revisions({ limit: 99 })).toHaveLength(5);
      });

      it('reads nothing beyond the end, and all from beyond it backwards', async () => {
        expect(await revisions({ from: 5 })).toStrictEqual([]);
        expect(await revisions({ from: 9, direction: 'backwards' })).toStrictEqual([4, 3, 2, 1, 0]);
      });
    });

    describe('head', () => {
      it('is undefined while nothing is committed, and then the position of the last event', async () => {
        expect(await store.head()).toBeUndefined();
        const { position } = await store.append('sample-1', 'absent', [sampleEvent('a'), sampleEvent('b')]);
        expect(await store.head()).toBe(position);
        expect(await (await harness.another()).head()).toBe(position);
      });

      it('sees what another connection has committed', async () => {
        const another = await harness.another();
        expect(await store.head()).toBeUndefined();
        const { position } = await another.append('sample-1', 'absent', [sampleEvent('a')]);
        expect(await store.head()).toBe(position);
      });
    });

    describe('close', () => {
      it('waits for the appends under way and refuses later ones', async () => {
        const another = await harness.another();
        const appends = Array.from({ length: 50 }, (_, n) =>
          store.append(`sample-${n}`, 'absent', [sampleEvent(`${n}`)]),
        );
        await store.close();
        await expect(Promise.all(appends)).resolves.toHaveLength(50);
        expect(await eventsOf(another)).toHaveLength(50);
        await expect(store.append('sample-x', 'absent', [sampleEvent('x')])).rejects.toThrow(/closed/i);
        await expect(store.readStream('sample-1')).rejects.toThrow(/closed/i);
      });
    });

    describeSubscriptionContract(() => harness);
  });
};
