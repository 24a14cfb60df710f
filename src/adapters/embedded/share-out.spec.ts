import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Share, shareOut, type Sharer } from './share-out.js';

const member = (id: string, ...topics: number[]): Sharer => ({ id, topics: new Set(topics) });
const topic = (number: number, partitions: number, holder: string | null = null): Share[] =>
  Array.from({ length: partitions }, (_, partition) => ({ topic: number, partition, holder }));

/** How many shares each member has, the fewest first. */
const loads = (owners: readonly (string | null)[], members: readonly Sharer[]): number[] =>
  members.map(({ id }) => owners.filter((owner) => owner === id).length).toSorted((a, b) => a - b);

/** Of every way to share out, the most equal counts: the sum of their squares is the smallest. */
const fairest = (shares: readonly Share[], members: readonly Sharer[]): number => {
  const counts = new Map(members.map((each) => [each, 0]));
  const from = (index: number): number => {
    const share = shares[index];
    if (share === undefined) return [...counts.values()].reduce((sum, count) => sum + count ** 2, 0);
    const eligible = members.filter(({ topics }) => topics.has(share.topic));
    if (eligible.length === 0) return from(index + 1);
    return Math.min(
      ...eligible.map((each) => {
        const count = counts.get(each) ?? 0;
        counts.set(each, count + 1);
        const sum = from(index + 1);
        counts.set(each, count);
        return sum;
      }),
    );
  };
  return from(0);
};

const ids = ['a', 'b', 'c'] as const;
const members = fc
  .uniqueArray(fc.constantFrom(...ids), { minLength: 1 })
  .chain((names) =>
    fc.tuple(
      ...names.map((id) =>
        fc.uniqueArray(fc.integer({ min: 1, max: 3 })).map((topics) => member(id, ...topics)),
      ),
    ),
  );
const shares = fc
  .array(
    fc.record({ topic: fc.integer({ min: 1, max: 3 }), holder: fc.constantFrom(null, ...ids, 'gone') }),
    {
      maxLength: 7,
    },
  )
  .map((list) => list.map((each, partition) => ({ ...each, partition })));

describe('Sharing out partitions', () => {
  it('is as equal as the topics of the members allow, whoever had what before', () => {
    fc.assert(
      fc.property(shares, members, (all, group) => {
        const owners = shareOut(all, group);
        const squares = loads(owners, group).reduce((sum, load) => sum + load ** 2, 0);
        expect(squares).toBe(fairest(all, group));
        owners.forEach((owner, index) => {
          const eligible = group.filter(({ topics }) => topics.has(all[index]?.topic ?? 0));
          if (owner === null) expect(eligible).toEqual([]);
          else expect(eligible.map(({ id }) => id)).toContain(owner);
        });
      }),
    );
  });

  it('leaves everything where it is when that is equal already', () => {
    fc.assert(
      fc.property(shares, members, (all, group) => {
        const owners = shareOut(all, group);
        const again = all.map((share, index) => ({ ...share, holder: owners[index] ?? null }));
        expect(shareOut(again, group)).toEqual(owners);
      }),
    );
  });

  it('takes from every topic in turn, so that a busy topic is not one member’s alone', () => {
    const owners = shareOut(
      [...topic(1, 6, 'a'), ...topic(2, 6, 'a')],
      [member('a', 1, 2), member('b', 1, 2)],
    );
    expect(owners.slice(0, 6).filter((owner) => owner === 'b')).toHaveLength(3);
    expect(owners.slice(6).filter((owner) => owner === 'b')).toHaveLength(3);
  });

  it('goes along a chain when the one that has too many shares no topic with the one that has too few', () => {
    const all = [...topic(1, 4, 'a'), ...topic(2, 1, 'b')];
    const group = [member('a', 1), member('b', 1, 2), member('c', 2)];
    expect(shareOut(all, group)).toEqual(['b', 'b', 'a', 'a', 'c']);
  });
});
