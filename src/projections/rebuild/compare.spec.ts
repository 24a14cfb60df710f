import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type InventoryEvent } from '../../domains/inventory/contract.js';
import { type RecordedEvent } from '../../kernel/envelope.js';
import { inventoryProjection, type StockLevel } from '../inventory/inventory.projection.js';
import { type Projection } from '../projection.js';
import { refold } from '../refold.js';
import { type Fact, history, on } from '../testing/history.js';
import { MemoryStore, MemoryView } from '../testing/in-memory.js';
import { compare, isEqual } from './compare.js';
import { differingPaths, digestOf } from './differing.js';

const received = (sku: string, quantity = 1): Fact =>
  on(`inventory-${sku}`, { type: 'StockReceived', data: { sku, quantity, reference: null } });

/** Removes what comes to thirteen: the view of a superstitious shop. */
const forgetful: Projection<InventoryEvent, StockLevel> = {
  ...inventoryProjection,
  evolve: (doc, event) => {
    const next = inventoryProjection.evolve(doc, event);
    return next?.onHand === 13 ? undefined : next;
  },
};

/** The view as it is after the first so many of the events. */
const fill = (view: MemoryView<StockLevel>, events: readonly RecordedEvent[], count: number) => {
  const seen = events.slice(0, count);
  view.docs.clear();
  for (const [id, doc] of refold(forgetful, seen)) {
    const position = seen.findLast(({ stream }) => stream === `inventory-${id}`)?.position;
    if (position !== undefined) view.docs.set(id, { id, doc, position });
  }
  view.reached = seen.at(-1)?.position;
  return view;
};

const viewAt = (events: readonly RecordedEvent[], count: number) =>
  fill(new MemoryView<StockLevel>(), events, count);

const comparing = (
  events: readonly RecordedEvent[],
  serving: Pick<MemoryView<StockLevel>, 'scan' | 'checkpoint'>,
  built: MemoryView<StockLevel>,
) =>
  compare(forgetful, {
    eventStore: new MemoryStore([...events]),
    serving,
    built,
    signal: new AbortController().signal,
  });

const skus = fc.constantFrom('tea', 'cup', 'pot', 'jar', 'tin');
const facts = fc.array(
  fc.tuple(skus, fc.integer({ min: 1, max: 13 })).map((args) => received(...args)),
  {
    minLength: 2,
    maxLength: 40,
  },
);

describe('the comparison of two generations', () => {
  it('finds them equal at one position, although the serving one moves on while it is read', async () => {
    await fc.assert(
      fc.asyncProperty(facts, fc.nat(), fc.array(fc.nat(4), { maxLength: 10 }), async (all, at, moves) => {
        const events = history(...all);
        const standing = 1 + (at % events.length);
        const serving = viewAt(events, standing);
        let now = standing;
        const steps = [...moves];
        const moving = {
          checkpoint: () => serving.checkpoint(),
          scan: async (after: string | undefined) => {
            const page = await serving.scan(after, 1);
            now = Math.min(events.length, now + (steps.shift() ?? 0));
            fill(serving, events, now);
            return page;
          },
        };
        const comparison = await comparing(events, moving, viewAt(events, standing));
        expect(comparison).toMatchObject({ missing: 0, extra: 0, changed: 0, unjudged: 0, differences: [] });
        expect(comparison.position).toBe(events[standing - 1]?.position);
        expect(isEqual(comparison)).toBe(true);
      }),
    );
  });

  it('lists what is missing, extra and changed, in full', async () => {
    const events = history(received('cup', 2), received('jar', 3), received('tea', 4));
    const serving = viewAt(events, 3);
    const built = viewAt(events, 3);
    const cup = built.docs.get('cup');
    const jar = serving.docs.get('jar');
    const tea = built.docs.get('tea');
    if (cup === undefined || jar === undefined || tea === undefined)
      throw new Error('The views are not filled.');
    built.docs.delete('cup');
    serving.docs.delete('jar');
    built.docs.set('tea', { ...tea, doc: { ...tea.doc, onHand: 5, available: 5 } });
    const side = ({ position, doc }: typeof tea) => ({ position, digest: digestOf(doc), doc });
    const comparison = await comparing(events, serving, built);
    expect(comparison).toStrictEqual({
      position: events[2]?.position,
      documents: { serving: 2, built: 2 },
      equal: 0,
      missing: 1,
      extra: 1,
      changed: 1,
      unjudged: 0,
      differences: [
        { id: 'cup', is: 'missing', paths: [], serving: side(cup), built: null },
        {
          id: 'tea',
          is: 'changed',
          paths: [
            { path: 'onHand', serving: 4, built: 5 },
            { path: 'available', serving: 4, built: 5 },
          ],
          serving: side(tea),
          built: side({ ...tea, doc: { ...tea.doc, onHand: 5, available: 5 } }),
        },
        { id: 'jar', is: 'extra', paths: [], serving: null, built: side(jar) },
      ],
    });
    expect(isEqual(comparison)).toBe(false);
  });

  it('finds a difference also in a document that the serving one has changed since', async () => {
    const events = history(received('tea', 2), received('tea', 3));
    const built = viewAt(events, 1);
    const tea = built.docs.get('tea');
    if (tea === undefined) throw new Error('The view is not filled.');
    built.docs.set('tea', { ...tea, doc: { ...tea.doc, onHand: 7 } });
    const comparison = await comparing(events, viewAt(events, 2), built);
    expect(comparison).toMatchObject({ equal: 0, changed: 1, unjudged: 0 });
  });

  it('judges a serving one that has stopped as far as it has got', async () => {
    const events = history(received('tea', 2), received('cup', 2), received('tea', 3), received('jar', 1));
    const comparison = await comparing(events, viewAt(events, 2), viewAt(events, 4));
    expect(comparison).toMatchObject({ equal: 1, missing: 0, extra: 0, changed: 0, unjudged: 2 });
  });

  it('does not mind the order of keys', async () => {
    const events = history(received('tea', 2));
    const built = viewAt(events, 1);
    const tea = built.docs.get('tea');
    if (tea === undefined) throw new Error('The view is not filled.');
    const doc = Object.fromEntries(Object.entries(tea.doc).toReversed()) as unknown as StockLevel;
    built.docs.set('tea', { ...tea, doc });
    expect(await comparing(events, viewAt(events, 1), built)).toMatchObject({ equal: 1, changed: 0 });
  });

  it('lists the first differences and counts the others', async () => {
    const events = history(...Array.from({ length: 50 }, (_, n) => received(`sku-${n}`)));
    const built = viewAt(events, 50);
    built.docs.clear();
    const comparison = await comparing(events, viewAt(events, 50), built);
    expect(comparison).toMatchObject({ missing: 50, equal: 0 });
    expect(comparison.differences).toHaveLength(20);
  });
});

describe('the paths of a difference', () => {
  it.each([
    [{ a: 1 }, { a: 1 }, []],
    [{ a: 1 }, { a: 2 }, [{ path: 'a', serving: 1, built: 2 }]],
    [{ a: { b: [1, 2] } }, { a: { b: [1, 3, 4] } }, ['a.b[1]', 'a.b[2]']],
    [{ a: null }, {}, [{ path: 'a', serving: null, built: undefined }]],
    [{ valueOf: 1 }, {}, [{ path: 'valueOf', serving: 1, built: undefined }]],
    [{ a: [1] }, { a: { 0: 1 } }, [{ path: 'a', serving: '[1]', built: '{"0":1}' }]],
    [{ a: 'x'.repeat(300) }, { a: '' }, [{ path: 'a', serving: `${'x'.repeat(200)}…`, built: '' }]],
  ])('of %j and %j', (serving, built, expected) => {
    const found = differingPaths(serving, built, 10);
    const paths = found.map(({ path }) => path);
    expect(typeof expected[0] === 'string' ? paths : found).toStrictEqual(expected);
  });

  it('are as many as asked for', () => {
    expect(differingPaths([1, 2, 3], [4, 5, 6], 2).map(({ path }) => path)).toStrictEqual(['[0]', '[1]']);
  });

  it('are there exactly when the digests differ', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const [a, b] = [one, other].map((value): unknown => JSON.parse(JSON.stringify(value)));
        expect(differingPaths(a, b, 1).length === 0).toBe(digestOf(a) === digestOf(b));
      }),
    );
  });
});
