import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type DeadLetterFilter,
  type DeadLetters,
  type Failure,
  type Parking,
} from '../ports/dead-letters.js';
import { queueName } from '../ports/dead-letters.js';
import { InvalidCursor } from '../ports/views.js';

export interface DeadLettersHarness {
  /** Empty. */
  readonly deadLetters: DeadLetters;
  /** The same dead letters through a connection of its own. */
  readonly another: () => Promise<DeadLetters>;
  readonly dispose: () => Promise<void>;
}

const topic = 'orders';
const group = 'shipping';
const at = { topic, partition: 0 };

/** `a5`: the message of the key `a` at offset 5; `-5`: one without a key. */
const parking = (name: string, change: Partial<Parking> = {}): Parking => ({
  group,
  message: {
    ...at,
    offset: Number(name.slice(1)),
    timestamp: 1_000,
    key: name.startsWith('-') ? null : Buffer.from(name.charAt(0)),
    value: Buffer.from([0, 255, 128]),
    headers: [
      ['trace', Buffer.from([0, 200])],
      ['trace', Buffer.from('again')],
    ],
  },
  eventId: `event ${name}`,
  eventType: 'OrderConfirmed',
  ...change,
});

const failure = (fingerprint = 'out-of-stock', attempts = 3): Failure => ({
  errorClass: fingerprint === 'out-of-stock' ? 'OutOfStock' : 'TypeError',
  causeClass: null,
  message: `It is ${fingerprint}.`,
  stack: 'at the shelf',
  fingerprint,
  attempts,
});

/** What every adapter of the dead letters does, sentence by sentence of the port. */
export const describeDeadLettersContract = (name: string, open: () => Promise<DeadLettersHarness>): void => {
  describe(`${name} as dead letters`, () => {
    let harness: DeadLettersHarness;
    let deadLetters: DeadLetters;

    beforeEach(async () => {
      harness = await open();
      deadLetters = harness.deadLetters;
    });

    afterEach(() => harness.dispose());

    const park = (which: string, why = failure(), when = 5_000) =>
      deadLetters.park(parking(which), why, when);
    const behind = (which: string) => deadLetters.parkBehind(parking(which), 6_000);
    const states = async (filter: DeadLetterFilter = {}) => {
      const { items } = await deadLetters.find(filter, { limit: 100 });
      return items.map(({ eventId, state }) => `${eventId.slice('event '.length)} ${state}`);
    };
    const idOf = async (which: string): Promise<string> => {
      const { items } = await deadLetters.find({}, { limit: 100 });
      const id = items.find(({ eventId }) => eventId === `event ${which}`)?.id;
      if (id === undefined) throw new Error(`${which} is not parked.`);
      return id;
    };
    const due = async (limit = 100) =>
      (await deadLetters.due(group, [at], limit)).map(({ eventId }) => eventId.slice('event '.length));
    const redrive = (filter: DeadLetterFilter = {}) => deadLetters.redrive(filter, null);

    it('keep the message as it was, byte for byte, with why it failed, on every connection', async () => {
      await park('a5');
      // The same on every engine.
      const id = '6d438f7503263752';
      for (const each of [deadLetters, await harness.another()]) {
        expect(await each.get(id)).toStrictEqual({
          id,
          ...parking('a5'),
          state: 'failed',
          failure: failure(),
          attempts: 3,
          parkedAt: 5_000,
          firstFailedAt: 5_000,
          lastFailedAt: 5_000,
        });
      }
      expect(await deadLetters.get('nobody')).toBeUndefined();
    });

    it('park a message once', async () => {
      await park('a5');
      await park('a5', failure('other'), 9_000);
      expect(await behind('a5')).toBe(true);
      const { items } = await deadLetters.find({}, { limit: 10 });
      expect(items).toMatchObject([{ eventId: 'event a5', failure: failure(), parkedAt: 5_000 }]);
    });

    it('park a message behind an earlier one of its queue, and no other', async () => {
      await park('a5');
      await deadLetters.park(parking('-6'), failure(), 5_000);
      expect([await behind('a7'), await behind('a4'), await behind('b7'), await behind('-7')]).toStrictEqual([
        true,
        ...[false, false, false],
      ]);
      const { partition, ...elsewhere } = parking('a7').message;
      const others = [
        parking('a7', { group: 'other' }),
        parking('a7', { message: { ...elsewhere, partition: partition + 1 } }),
        parking('a7', { message: { ...elsewhere, partition, topic: 'carts' } }),
      ];
      for (const other of others) expect(await deadLetters.parkBehind(other, 6_000)).toBe(false);
      expect(await states()).toStrictEqual(['a5 failed', '-6 failed', 'a7 waiting']);
      const waiting = await deadLetters.get(await idOf('a7'));
      expect(waiting).toStrictEqual({
        id: waiting?.id,
        ...parking('a7'),
        state: 'waiting',
        failure: null,
        attempts: 0,
        parkedAt: 6_000,
        firstFailedAt: null,
        lastFailedAt: null,
      });
    });

    it('know the first parked message of each queue', async () => {
      for (const which of ['a5', 'b9']) await park(which);
      await behind('a7');
      const keys = ['a', 'b', 'c'].map((key) => Buffer.from(key));
      expect(await deadLetters.blocked(group, at, keys)).toStrictEqual(
        new Map([
          [queueName(Buffer.from('a')), 5],
          [queueName(Buffer.from('b')), 9],
        ]),
      );
      expect(await deadLetters.blocked(group, { topic, partition: 1 }, keys)).toStrictEqual(new Map());
      expect(await deadLetters.blocked('other', at, keys)).toStrictEqual(new Map());
    });

    it('give nothing to try until it is decided', async () => {
      await park('a5');
      await behind('a6');
      expect(await due()).toStrictEqual([]);
      expect(await redrive()).toBe(1);
      expect(await deadLetters.due(group, [{ topic, partition: 1 }, at], 10)).toStrictEqual([
        { id: await idOf('a5'), ...at, key: Buffer.from('a'), eventId: 'event a5' },
      ]);
      expect(await deadLetters.due(group, [{ topic, partition: 1 }], 10)).toStrictEqual([]);
      expect(await deadLetters.due('other', [at], 10)).toStrictEqual([]);
      expect(await redrive()).toBe(0);
    });

    it('go through a queue in order as each is removed', async () => {
      await park('a5');
      for (const which of ['a6', 'a7']) await behind(which);
      await redrive();
      for (const which of ['a5', 'a6', 'a7']) {
        expect(await due()).toStrictEqual([which]);
        await deadLetters.remove([await idOf(which)]);
      }
      expect(await states()).toStrictEqual([]);
      expect(await behind('a8')).toBe(false);
    });

    it('keep the rest of a queue back when one fails again', async () => {
      await park('a5');
      await behind('a6');
      await redrive();
      const id = await idOf('a5');
      await deadLetters.failedAgain(id, failure('other', 2), 8_000);
      expect(await due()).toStrictEqual([]);
      expect(await deadLetters.get(id)).toMatchObject({
        state: 'failed',
        failure: failure('other', 2),
        attempts: 5,
        parkedAt: 5_000,
        firstFailedAt: 5_000,
        lastFailedAt: 8_000,
      });
      await redrive();
      await deadLetters.remove([id]);
      const next = await idOf('a6');
      await deadLetters.failedAgain(next, failure('other', 2), 9_000);
      expect(await deadLetters.get(next)).toMatchObject({ attempts: 2, firstFailedAt: 9_000 });
      await deadLetters.remove([next]);
      await deadLetters.failedAgain(next, failure(), 10_000);
      expect(await states()).toStrictEqual([]);
    });

    it('let go on what is behind one that is given up, at whatever place', async () => {
      await park('a5');
      for (const which of ['a6', 'a7', 'a8']) await behind(which);
      await deadLetters.remove([await idOf('a7'), 'nobody']);
      expect(await states()).toStrictEqual(['a5 failed', 'a6 waiting', 'a8 waiting']);
      await deadLetters.remove([await idOf('a5'), await idOf('a6')]);
      expect(await states()).toStrictEqual(['a8 due']);
    });

    it('try the first of a queue only, also when it comes late', async () => {
      await park('a7');
      await park('a5');
      expect(await redrive()).toBe(2);
      expect(await due()).toStrictEqual(['a5']);
      await deadLetters.remove([await idOf('a5')]);
      expect(await due()).toStrictEqual(['a7']);
      await deadLetters.park(parking('a9'), failure(), 5_000);
      expect(await states()).toStrictEqual(['a7 due', 'a9 waiting']);
    });

    it('give the longest parked first, as many as are wanted', async () => {
      for (const which of ['c5', 'b6', 'a7']) await park(which);
      await redrive();
      expect([await due(2), await due()]).toStrictEqual([
        ['c5', 'b6'],
        ['c5', 'b6', 'a7'],
      ]);
    });

    it('allow as many a second as the last redrive of the group said', async () => {
      await park('a5');
      const permits = async (...times: readonly number[]) => {
        const waits: number[] = [];
        for (const time of times) waits.push(await deadLetters.permit(group, time));
        return waits;
      };
      expect(await permits(1_000, 1_000)).toStrictEqual([0, 0]);
      await deadLetters.redrive({}, 4);
      expect(await permits(1_000, 1_000, 1_100, 1_250, 9_000, 9_000)).toStrictEqual([0, 250, 150, 0, 0, 250]);
      expect(await deadLetters.permit('other', 9_000)).toBe(0);
      await deadLetters.failedAgain(await idOf('a5'), failure(), 9_000);
      await redrive();
      expect(await permits(9_000, 9_000)).toStrictEqual([0, 0]);
    });

    it('are found by each filter, and by all of them together', async () => {
      await park('a5');
      await behind('a6');
      await park('b7', failure('other'), 7_000);
      await deadLetters.park(parking('c8', { eventType: null, group: 'other' }), failure(), 8_000);
      const found: Readonly<Record<string, readonly string[]>> = {
        [JSON.stringify({ ids: [await idOf('a6'), await idOf('c8')] })]: ['a6', 'c8'],
        [JSON.stringify({ group })]: ['a5', 'a6', 'b7'],
        [JSON.stringify({ topic })]: ['a5', 'a6', 'b7', 'c8'],
        [JSON.stringify({ topic: 'carts' })]: [],
        [JSON.stringify({ key: 'a' })]: ['a5', 'a6'],
        [JSON.stringify({ eventType: 'OrderConfirmed' })]: ['a5', 'a6', 'b7'],
        [JSON.stringify({ errorClass: 'TypeError' })]: ['b7'],
        [JSON.stringify({ failure: 'out-of-stock' })]: ['a5', 'c8'],
        [JSON.stringify({ since: 6_000 })]: ['a6', 'b7', 'c8'],
        [JSON.stringify({ until: 6_000 })]: ['a5', 'a6'],
        [JSON.stringify({ state: 'waiting' })]: ['a6'],
        [JSON.stringify({ group, since: 5_000, until: 7_000, key: 'b', state: 'failed' })]: ['b7'],
      };
      for (const [text, names] of Object.entries(found)) {
        const filter = JSON.parse(text) as DeadLetterFilter;
        const states = await deadLetters.find(filter, { limit: 10 });
        expect([filter, states.items.map(({ eventId }) => eventId.slice(6))]).toStrictEqual([filter, names]);
        const { failed, due: dueNow, waiting } = await deadLetters.count(filter);
        expect(failed + dueNow + waiting).toBe(names.length);
      }
      expect(await deadLetters.count({})).toStrictEqual({ failed: 3, due: 0, waiting: 1 });
      expect(await redrive({ state: 'waiting' })).toBe(0);
      expect(await redrive({ key: 'a' })).toBe(1);
      expect(await states()).toStrictEqual(['a5 due', 'a6 waiting', 'b7 failed', 'c8 failed']);
    });

    it('come page by page in the order in which they were parked', async () => {
      for (const which of ['c1', 'b2', 'a3', 'd4', 'e5']) await park(which);
      const pages: string[][] = [];
      let cursor: string | undefined;
      do {
        const page = await deadLetters.find({}, { limit: 2, cursor });
        pages.push(page.items.map(({ eventId }) => eventId.slice(6)));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(pages).toStrictEqual([['c1', 'b2'], ['a3', 'd4'], ['e5']]);
      await expect(
        Promise.resolve().then(() => deadLetters.find({}, { limit: 2, cursor: 'x' })),
      ).rejects.toThrow(InvalidCursor);
    });

    it('are grouped by what failed alike, the last first', async () => {
      await park('a5', failure(), 5_000);
      for (const which of ['a6', 'a8']) await behind(which);
      await park('b7', failure(), 9_000);
      await park('c9', failure('other'), 7_000);
      const shared = { group, topic, eventType: 'OrderConfirmed' };
      const [both, other] = [
        {
          ...shared,
          fingerprint: 'out-of-stock',
          errorClass: 'OutOfStock',
          message: 'It is out-of-stock.',
          failed: 2,
          waiting: 2,
          firstFailedAt: 5_000,
          lastFailedAt: 9_000,
          example: await idOf('b7'),
        },
        {
          ...shared,
          fingerprint: 'other',
          errorClass: 'TypeError',
          message: 'It is other.',
          failed: 1,
          waiting: 0,
          firstFailedAt: 7_000,
          lastFailedAt: 7_000,
          example: await idOf('c9'),
        },
      ];
      expect(await deadLetters.failures({}, 10)).toStrictEqual([both, other]);
      expect(await deadLetters.failures({}, 1)).toStrictEqual([both]);
      expect(await deadLetters.failures({ errorClass: 'TypeError' }, 10)).toStrictEqual([other]);
    });

    it('decide in one step whether a message is parked behind another', async () => {
      const other = await harness.another();
      const key = Buffer.from('a');
      for (let round = 0; round < 30; round += 1) {
        const [first, second] = [`a${2 * round}`, `a${2 * round + 1}`];
        await park(first);
        const id = await idOf(first);
        const sizes: number[] = [];
        let isOver = false;
        const watch = async () => {
          while (!isOver) {
            sizes.push((await deadLetters.blocked(group, at, [key])).size);
            await new Promise(setImmediate);
          }
        };
        const watching = watch();
        const removing = other.remove([id]);
        for (let turn = 0; turn < round; turn += 1) await new Promise(setImmediate);
        const isParked = await behind(second);
        await removing;
        isOver = true;
        await watching;
        expect(await states()).toStrictEqual(isParked ? [`${second} due`] : []);
        // No later message of the key can have gone before it.
        if (isParked) expect(new Set(sizes)).toStrictEqual(new Set([1]));
        if (isParked) await deadLetters.remove([await idOf(second)]);
      }
    });

    it('come to rest with the first of each queue to be decided or tried, whatever is done at once', async () => {
      const all = [deadLetters, await harness.another(), await harness.another()];
      const names = Array.from({ length: 24 }, (_, index) => `${index % 2 === 0 ? 'a' : 'b'}${index}`);
      for (const which of names) await park(which);
      const ids = await Promise.all(names.map(idOf));
      await deadLetters.remove(ids);
      await Promise.all(
        all.flatMap((each, who) =>
          names.map(async (which, index) => {
            if (index % 5 < 2) await each.park(parking(which), failure(), 5_000);
            else await each.parkBehind(parking(which), 6_000);
            if ((index + who) % 3 > 0) await each.remove([ids[index] ?? '', ids[index - 2] ?? '']);
          }),
        ),
      );
      for (const name of ['a', 'b']) {
        const { items } = await deadLetters.find({ key: name }, { limit: 100 });
        const first = items.toSorted((one, two) => one.message.offset - two.message.offset).at(0);
        const key = Buffer.from(name);
        expect([...(await deadLetters.blocked(group, at, [key])).values()]).toStrictEqual(
          first === undefined ? [] : [first.message.offset],
        );
        expect(first?.state).not.toBe('waiting');
      }
      const tried: string[] = [];
      for (;;) {
        await redrive();
        const letters = await deadLetters.due(group, [at], 1);
        if (letters.length === 0) break;
        tried.push(...letters.map(({ eventId }) => eventId.slice('event '.length)));
        await deadLetters.remove(letters.map(({ id }) => id));
      }
      expect(await states()).toStrictEqual([]);
      const inOrder = tried.toSorted((one, two) => Number(one.slice(1)) - Number(two.slice(1)));
      for (const name of ['a', 'b']) {
        const ofKey = (which: string) => which.startsWith(name);
        expect(tried.filter(ofKey)).toStrictEqual(inOrder.filter(ofKey));
      }
    });

    it('redrive and remove any number', async () => {
      const names = Array.from({ length: 1_100 }, (_, index) => `-${index}`);
      await Promise.all(names.map((which) => park(which)));
      expect(await redrive()).toBe(1_100);
      const { items } = await deadLetters.find({}, { limit: 2_000 });
      await deadLetters.remove(items.map(({ id }) => id));
      expect(await deadLetters.count({})).toStrictEqual({ failed: 0, due: 0, waiting: 0 });
    });
  });
};
