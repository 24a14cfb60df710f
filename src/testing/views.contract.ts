import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Leases, LeaseLost } from '../ports/leases.js';
import { type Scanned, type View, type ViewDefinition, ViewDropped, type Views } from '../ports/views.js';
import { positionAt } from './sample-positions.js';
import { describeFindContract, type Sample } from './view-find.contract.js';

export interface ViewsHarness {
  /** Without views. */
  readonly views: Views;
  /** Those that the writes are fenced by. */
  readonly leases: Leases;
  /** The same views through a connection of its own. */
  readonly another: () => Promise<Views>;
  readonly dispose: () => Promise<void>;
}

export const sampleView: ViewDefinition = {
  name: 'samples_v1',
  indexes: [['status', 'placedAt'], ['price.amountMinor'], ['mixed']],
};

/** What every adapter of the views does, sentence by sentence of the port. */
export const describeViewsContract = (name: string, open: () => Promise<ViewsHarness>): void => {
  describe(`${name} as views`, () => {
    let harness: ViewsHarness;
    let view: View<Sample>;

    beforeEach(async () => {
      harness = await open();
      view = harness.views.open<Sample>(sampleView);
    });

    afterEach(() => harness.dispose());

    const put = (id: string, position: number, doc: Sample | null = { n: position }) => ({
      id,
      position: positionAt(position),
      doc,
    });

    it('are empty and without a checkpoint at first', async () => {
      expect(await view.checkpoint()).toBeUndefined();
      expect(await view.get('a')).toBeUndefined();
      expect(await view.find({ limit: 5 })).toStrictEqual({ items: [], nextCursor: null });
    });

    it('give back the documents as they were written, on every connection', async () => {
      const doc = {
        status: 'Grüße, 注文 🛒 "\\',
        list: [1, { two: null }],
        price: { amountMinor: 1 },
        yes: true,
      };
      await view.write([put('a', 1, doc)], positionAt(2));
      const stored = { id: 'a', position: positionAt(1), doc };
      for (const each of [view, (await harness.another()).open<Sample>(sampleView)]) {
        expect(await each.get('a')).toStrictEqual(stored);
        expect(await each.find({ limit: 1 })).toStrictEqual({ items: [stored], nextCursor: null });
        expect(await each.checkpoint()).toBe(positionAt(2));
      }
    });

    it('give the documents there are among many ids', async () => {
      await view.write([put('a', 1), put('b', 1), put('c', 1)], positionAt(1));
      const found = await view.getMany(['c', 'nobody', 'a', 'a']);
      expect(found.map(({ id }) => id).toSorted()).toStrictEqual(['a', 'c']);
      expect(await view.getMany([])).toStrictEqual([]);
    });

    it('are each their own', async () => {
      const other = harness.views.open<Sample>({ name: 'samples_v2', indexes: [] });
      await view.write([put('a', 1)], positionAt(1));
      expect(await other.get('a')).toBeUndefined();
      expect(await other.checkpoint()).toBeUndefined();
    });

    it('can be opened again, with more indexes', async () => {
      await view.write([put('a', 1)], positionAt(1));
      const again = harness.views.open<Sample>({
        ...sampleView,
        indexes: [...sampleView.indexes, ['later']],
      });
      expect(await again.get('a')).toBeDefined();
    });

    it('replace a document by a newer one and remove it by null', async () => {
      await view.write([put('a', 1), put('b', 1)], positionAt(1));
      await view.write([put('a', 2), put('b', 3, null), put('nobody', 3, null)], positionAt(3));
      expect(await view.get('a')).toMatchObject({ position: positionAt(2), doc: { n: 2 } });
      expect(await view.get('b')).toBeUndefined();
      expect((await view.find({ limit: 9 })).items).toHaveLength(1);
    });

    it('take the newest of several changes to one document', async () => {
      await view.write([put('a', 1), put('b', 1), put('a', 2), put('b', 2, null)], positionAt(2));
      expect((await view.find({ limit: 9 })).items).toStrictEqual([put('a', 2)]);
      await view.write([put('a', 4), put('a', 3), put('b', 3, null), put('b', 4)], positionAt(4));
      expect((await view.find({ limit: 9 })).items).toStrictEqual([put('a', 4), put('b', 4)]);
    });

    it('skip a change that is not newer than the document', async () => {
      await view.write([put('a', 5), put('b', 5)], positionAt(5));
      const stale = [put('a', 5, { stale: true }), put('b', 4, null), put('b', 5, null), put('c', 4)];
      await view.write(stale, positionAt(5));
      expect(await view.get('a')).toMatchObject({ position: positionAt(5), doc: { n: 5 } });
      expect(await view.get('b')).toMatchObject({ position: positionAt(5) });
      expect(await view.get('c')).toMatchObject({ position: positionAt(4) });
    });

    it('do not change when writes are repeated', async () => {
      const writes = [[put('a', 1), put('b', 1)], [put('a', 2), put('b', 3, null)], [put('c', 4)]];
      const writeAll = async () => {
        for (const changes of writes) {
          await view.write(changes, changes.at(-1)?.position ?? positionAt(0));
        }
        return { ...(await view.find({ limit: 9 })), checkpoint: await view.checkpoint() };
      };
      const once = await writeAll();
      expect(await writeAll()).toStrictEqual(once);
      expect(once.items.map(({ id }) => id)).toStrictEqual(['a', 'c']);
    });

    it('move their checkpoint forwards and never back, also without changes', async () => {
      await view.write([], positionAt(5));
      await view.write([], positionAt(3));
      expect(await view.checkpoint()).toBe(positionAt(5));
      await view.write([], positionAt(6));
      expect(await view.checkpoint()).toBe(positionAt(6));
    });

    it('keep their checkpoint when documents are written without one', async () => {
      await view.write([put('a', 5)], null);
      expect(await view.get('a')).toMatchObject({ position: positionAt(5) });
      expect(await view.checkpoint()).toBeUndefined();
      await view.write([], positionAt(3));
      await view.write([put('b', 6)], null);
      expect(await view.checkpoint()).toBe(positionAt(3));
    });

    it('are gone through by id', async () => {
      const ids = ['ä', 'a', 'Z', 'b:1', '\u{1F6D2}', '\uFFFD', '1'];
      await view.write(
        ids.map((id, n) => put(id, n + 1, { n, 'key order': [1, null] })),
        positionAt(9),
      );
      const sorted = ids.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
      const seen: Scanned[] = [];
      for (let page = await view.scan(undefined, 3); page.length > 0;) {
        seen.push(...page);
        page = await view.scan(page.at(-1)?.id, 3);
      }
      expect(seen.map(({ text, ...rest }) => ({ ...rest, doc: JSON.parse(text) as unknown }))).toStrictEqual(
        sorted.map((id) => put(id, ids.indexOf(id) + 1, { n: ids.indexOf(id), 'key order': [1, null] })),
      );
    });

    it('are there until they are dropped, and empty when they are opened again', async () => {
      const another = await harness.another();
      await harness.views.open({ name: 'other_v1', indexes: [] }).checkpoint();
      await view.write([put('a', 1)], positionAt(1));
      expect((await another.names()).toSorted()).toStrictEqual(['other_v1', 'samples_v1']);
      await another.drop('samples_v1');
      await another.drop('samples_v1');
      expect(await harness.views.names()).toStrictEqual(['other_v1']);
      expect(await harness.views.existing('samples_v1')).toBeUndefined();
      expect(await another.existing('never_v1')).toBeUndefined();
      expect(await harness.views.names()).toStrictEqual(['other_v1']);
      const again = harness.views.open<Sample>(sampleView);
      expect(await again.get('a')).toBeUndefined();
      expect(await again.checkpoint()).toBeUndefined();
      const found = await another.existing('samples_v1');
      expect(found).toBeDefined();
      expect(await found?.get('a')).toBeUndefined();
      await expect(view.get('a')).rejects.toThrow(ViewDropped);
      await expect(view.find({ limit: 1 })).rejects.toThrow(ViewDropped);
      await expect(view.scan(undefined, 1)).rejects.toThrow(ViewDropped);
      await expect(view.checkpoint()).rejects.toThrow(ViewDropped);
      await expect(view.write([put('a', 2)], positionAt(2))).rejects.toThrow(ViewDropped);
      await expect(view.write([put('a', 2)], null)).rejects.toThrow(ViewDropped);
      expect(await again.get('a')).toBeUndefined();
      await again.write([put('b', 1)], positionAt(1));
      expect(await again.get('b')).toBeDefined();
    });

    it('take many concurrent writes of several views', async () => {
      const all = Array.from({ length: 4 }, (_, n) =>
        harness.views.open<Sample>({ name: `samples_many_${n}`, indexes: [['n']] }),
      );
      await Promise.all(
        all.flatMap((each) =>
          Array.from({ length: 20 }, (_, n) =>
            each.write([put(`${n % 5}`, n + 1), put(`only ${n}`, n + 1)], positionAt(n + 1)),
          ),
        ),
      );
      for (const each of all) {
        expect((await each.find({ limit: 100 })).items).toHaveLength(25);
        expect(await each.get('4')).toMatchObject({ position: positionAt(20) });
        expect(await each.checkpoint()).toBe(positionAt(20));
      }
    });

    it('are written under a lease as long as it has not passed on', async () => {
      const { leases } = harness;
      const old = await leases.acquire('job', 'ann', 60_000);
      if (old === undefined) throw new Error('Nobody held the lease.');
      await view.write([put('a', 1)], positionAt(1), old);
      await leases.release(old);
      const lease = await leases.acquire('job', 'bob', 60_000);
      await expect(view.write([put('a', 2), put('b', 2)], positionAt(2), old)).rejects.toThrow(LeaseLost);
      expect(await view.get('a')).toMatchObject({ position: positionAt(1) });
      expect(await view.get('b')).toBeUndefined();
      expect(await view.checkpoint()).toBe(positionAt(1));
      await view.write([put('b', 2)], positionAt(2), lease);
      expect(await view.get('b')).toBeDefined();
    });

    describeFindContract(() => view);
  });
};
