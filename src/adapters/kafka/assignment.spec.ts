import { describe, expect, it } from '@jest/globals';
import { type TopicPartition } from '../../ports/message-log.js';
import {
  assign,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  type Subscriber,
} from './assignment.js';

const of = (topic: string, ...partitions: readonly number[]): TopicPartition[] =>
  partitions.map((partition) => ({ topic, partition }));
const member = (id: string, owned: readonly TopicPartition[] = [], topics = ['orders']): Subscriber => ({
  id,
  topics,
  owned,
});
const orders = of('orders', 0, 1, 2, 3);

describe('What the members of a group are given', () => {
  it('is everything when there is one', () => {
    expect(assign([member('a')], orders)).toEqual(new Map([['a', orders]]));
  });

  it('stays with its owner until that has let it go, and then passes on', () => {
    const [a, b] = [member('a', orders), member('b')];
    const first = assign([a, b], orders);
    const kept = first.get('a') ?? [];
    expect(kept).toHaveLength(2);
    expect(first.get('b')).toEqual([]);
    const second = assign([member('a', kept), b], orders);
    expect(second).toEqual(
      new Map([
        ['a', kept],
        ['b', orders.filter((each) => !kept.includes(each))],
      ]),
    );
    expect(assign([member('a', kept), member('b', second.get('b'))], orders)).toEqual(second);
  });

  it('is of the topics that they want alone', () => {
    const partitions = [...of('orders', 0, 1), ...of('payments', 0, 1)];
    const assigned = assign(
      [member('a', [], ['orders', 'payments']), member('b', [], ['payments'])],
      partitions,
    );
    expect(assigned).toEqual(
      new Map([
        ['a', of('orders', 0, 1)],
        ['b', of('payments', 0, 1)],
      ]),
    );
  });

  it('is read as it was written', () => {
    const [owned, topics] = [
      [...of('orders', 3, 1), ...of('größe', 0)],
      ['orders', 'größe'],
    ];
    expect(decodeSubscription('a', encodeSubscription({ topics, owned }))).toEqual({
      id: 'a',
      topics,
      owned,
    });
    expect(decodeAssignment(encodeAssignment(owned))).toEqual(owned);
    expect(decodeAssignment(encodeAssignment([]))).toEqual([]);
    expect(decodeAssignment(Buffer.alloc(0))).toEqual([]);
  });
});
