import { describe, expect, it } from '@jest/globals';
import { type Condition, InvalidCursor, type Scalar, type View, type ViewQuery } from '../ports/views.js';
import { positionAt } from './sample-positions.js';

const directions = ['ascending', 'descending'] as const;

export interface Sample {
  readonly status?: string;
  readonly price?: { readonly amountMinor: number };
  readonly [more: string]: unknown;
}

/** The part of the views' contract that is about queries. */
export const describeFindContract = (open: () => View<Sample>): void => {
  describe('find', () => {
    const write = (docs: Readonly<Record<string, Sample | null>>, n = 1) =>
      open().write(
        Object.entries(docs).map(([id, doc]) => ({ id, position: positionAt(n), doc })),
        positionAt(n),
      );

    const idsWhere = async (...where: readonly Condition[]) => {
      const ids = (await open().find({ where, limit: 99 })).items.map(({ id }) => id);
      expect(await open().count(where)).toBe(ids.length);
      return ids;
    };

    /** The ids of all pages; `between` runs after each page. */
    const pages = async (query: ViewQuery, between: () => Promise<void> = () => Promise.resolve()) => {
      const ids: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = await open().find(cursor === undefined ? query : { ...query, cursor });
        expect(page.items.length).toBeLessThanOrEqual(query.limit);
        ids.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
        await between();
      }
      return ids;
    };

    const mixed: Readonly<Record<string, Sample>> = {
      missing: {},
      null: { mixed: null },
      missing2: {},
      true: { mixed: true },
      false: { mixed: false },
      zero: { mixed: 0 },
      one: { mixed: 1 },
      half: { mixed: 0.5 },
      negative: { mixed: -3 },
      text0: { mixed: '0' },
      text1: { mixed: '1' },
      textTrue: { mixed: 'true' },
      empty: { mixed: '' },
    };

    it.each<[string, Scalar, readonly string[]]>([
      ['null, which is also a missing value', null, ['missing', 'missing2', 'null']],
      ['true', true, ['true']],
      ['false', false, ['false']],
      ['0', 0, ['zero']],
      ['1', 1, ['one']],
      ['0.5', 0.5, ['half']],
      ["'1'", '1', ['text1']],
      ["'true'", 'true', ['textTrue']],
      ["''", '', ['empty']],
    ])('equal to %s', async (_, equals, ids) => {
      await write(mixed);
      expect(await idsWhere({ path: 'mixed', equals })).toStrictEqual(ids);
    });

    it('in a range, among values of the same kind', async () => {
      await write(mixed);
      expect(await idsWhere({ path: 'mixed', atLeast: 0.5 })).toStrictEqual(['half', 'one']);
      expect(await idsWhere({ path: 'mixed', atMost: 0 })).toStrictEqual(['negative', 'zero']);
      expect(await idsWhere({ path: 'mixed', atLeast: '1' })).toStrictEqual(['text1', 'textTrue']);
      expect(await idsWhere({ path: 'mixed', atMost: '0' })).toStrictEqual(['empty', 'text0']);
      const between = [
        { path: 'mixed', atLeast: -3 },
        { path: 'mixed', atMost: 0 },
      ];
      expect(await idsWhere(...between)).toStrictEqual(['negative', 'zero']);
    });

    it('by nested paths and several conditions, all of which must hold', async () => {
      await write({
        a: { status: 'open', price: { amountMinor: 100 } },
        b: { status: 'open', price: { amountMinor: 200 } },
        c: { status: 'paid', price: { amountMinor: 200 } },
        d: { status: 'open' },
      });
      expect(
        await idsWhere({ path: 'status', equals: 'open' }, { path: 'price.amountMinor', atLeast: 150 }),
      ).toStrictEqual(['b']);
      expect(await idsWhere({ path: 'price.amountMinor', equals: null })).toStrictEqual(['d']);
      expect(await idsWhere()).toStrictEqual(['a', 'b', 'c', 'd']);
    });

    it('by a part of any of several texts, whatever the case', async () => {
      await write({
        a: { name: 'Green Tea' },
        b: { name: 'Pot', text: 'for TEA' },
        c: { name: 'Cup', text: null },
        d: { name: 100, text: 'is 100% _cotton_ (really)' },
      });
      const containing = (contains: string) => idsWhere({ paths: ['name', 'text'], contains });
      expect(await containing('tea')).toStrictEqual(['a', 'b']);
      expect(await containing('CUP')).toStrictEqual(['c']);
      expect(await containing('100%')).toStrictEqual(['d']);
      expect(await containing('_')).toStrictEqual(['d']);
      expect(await containing('%')).toStrictEqual(['d']);
      expect(await containing('.*')).toStrictEqual([]);
      expect(await containing('(')).toStrictEqual(['d']);
      expect(await containing('null')).toStrictEqual([]);
    });

    it('in the order of ids unless told otherwise', async () => {
      await write({ c: {}, a: {}, b: {} });
      expect((await open().find({ limit: 9 })).items.map(({ id }) => id)).toStrictEqual(['a', 'b', 'c']);
    });

    it('sorted, ties by id in the same direction, missing values first when ascending', async () => {
      await write({ a: { n: 2 }, b: { n: 1 }, c: { n: 2 }, d: {}, e: { n: null } });
      const sorted = { a: ['d', 'e', 'b', 'a', 'c'], d: ['c', 'a', 'b', 'e', 'd'] };
      for (const limit of [1, 2, 9]) {
        expect(await pages({ sort: { path: 'n', direction: 'ascending' }, limit })).toStrictEqual(sorted.a);
        expect(await pages({ sort: { path: 'n', direction: 'descending' }, limit })).toStrictEqual(sorted.d);
      }
    });

    it.each(directions)('page by page, %s, over values of every kind', async (direction) => {
      await write(mixed);
      const sort = { path: 'mixed', direction };
      const whole = await pages({ sort, limit: 99 });
      expect(whole.toSorted()).toStrictEqual(Object.keys(mixed).toSorted());
      for (const limit of [1, 2, 3, 5]) expect(await pages({ sort, limit })).toStrictEqual(whole);
    });

    it('page by page under conditions', async () => {
      const docs = Array.from({ length: 20 }, (_, n) => [
        `doc ${n}`,
        { status: n % 2 === 0 ? 'open' : 'paid', placedAt: `2026-01-${10 + (n % 4)}` },
      ]);
      await write(Object.fromEntries(docs) as Record<string, Sample>);
      const query = {
        where: [{ path: 'status', equals: 'open' }],
        sort: { path: 'placedAt', direction: 'descending' },
      } as const;
      const whole = await pages({ ...query, limit: 99 });
      expect(whole).toHaveLength(10);
      expect(await pages({ ...query, limit: 3 })).toStrictEqual(whole);
    });

    it('ends with no cursor, also when the last page is full', async () => {
      await write({ a: {}, b: {} });
      expect((await open().find({ limit: 2 })).nextCursor).toBeNull();
      expect((await open().find({ limit: 1 })).nextCursor).not.toBeNull();
    });

    it('goes on behind its cursor while documents come and go', async () => {
      const doc = (n: number): Sample => ({ n });
      await write({ b: doc(2), d: doc(4), f: doc(6), h: doc(8) });
      let n = 1;
      const seen = await pages({ sort: { path: 'n', direction: 'ascending' }, limit: 2 }, async () => {
        n += 1;
        if (n === 2) await write({ d: null, a: doc(1), g: doc(7) }, n);
      });
      expect(seen).toStrictEqual(['b', 'd', 'f', 'g', 'h']);
    });

    it('refuses a cursor that it did not make or that belongs to another sort', async () => {
      await write({ a: { n: 1 }, b: { n: 2 } });
      const byN = { sort: { path: 'n', direction: 'ascending' }, limit: 1 } as const;
      const cursor = (await open().find(byN)).nextCursor ?? '';
      for (const wrong of [
        '',
        'nonsense',
        '{}',
        Buffer.from('[1,2]').toString('base64url'),
        `${cursor}x`.slice(3),
      ]) {
        await expect(open().find({ ...byN, cursor: wrong })).rejects.toThrow(InvalidCursor);
      }
      await expect(open().find({ limit: 1, cursor })).rejects.toThrow(InvalidCursor);
      for (const sort of [
        { path: 'n', direction: 'descending' },
        { path: 'm', direction: 'ascending' },
      ] as const) {
        await expect(open().find({ sort, limit: 1, cursor })).rejects.toThrow(InvalidCursor);
      }
      expect((await open().find({ ...byN, cursor })).items.map(({ id }) => id)).toStrictEqual(['b']);
    });

    it.each(["a'b", 'a.b; --', '$.a', 'a..b', '', 'ä'])('refuses %p as a path', async (path) => {
      await expect(open().find({ where: [{ path, equals: 1 }], limit: 1 })).rejects.toThrow(RangeError);
      await expect(open().find({ sort: { path, direction: 'ascending' }, limit: 1 })).rejects.toThrow(
        RangeError,
      );
    });
  });
};
