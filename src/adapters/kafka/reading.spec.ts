import { describe, expect, it } from '@jest/globals';
import { committedOf } from './reading.js';
import { type WireBatch, type WireRecord } from './wire.js';

const marker = { abort: Buffer.from([0, 0, 0, 0]), commit: Buffer.from([0, 0, 0, 1]) };

/** A partition as a broker keeps it, batch by batch. */
const log = () => {
  const records: WireRecord[] = [];
  const add = (batch: Partial<WireBatch>, keys: readonly (Buffer | null)[]): void => {
    const offset = records.length;
    const batchContext: WireBatch = {
      ...{ firstOffset: String(offset), lastOffsetDelta: keys.length - 1, producerId: '-1' },
      ...{ inTransaction: false, isControlBatch: false },
      ...batch,
    };
    keys.forEach((key, index) => {
      records.push({
        ...{ offset: String(offset + index), timestamp: '0', key, value: null, headers: {}, batchContext },
      });
    });
  };
  return {
    records,
    plain: (count = 1) => {
      add(
        {},
        Array.from({ length: count }, () => null),
      );
    },
    sent: (producerId: string, keys: readonly (Buffer | null)[] = [null]) => {
      add({ producerId, inTransaction: true }, keys);
    },
    ended: (producerId: string, how: 'abort' | 'commit') => {
      add({ producerId, inTransaction: true, isControlBatch: true }, [marker[how]]);
    },
  };
};

const offsetsOf = (records: readonly WireRecord[]): number[] => records.map(({ offset }) => Number(offset));

describe('Committed records', () => {
  it('are all but the markers when nothing was aborted', () => {
    const { records, plain, sent, ended } = log();
    plain(2);
    sent('1', [null, null]);
    ended('1', 'commit');
    plain();
    expect(offsetsOf(committedOf(records, []))).toEqual([0, 1, 2, 3, 5]);
  });

  it('are not those of aborted transactions that overlap each other, wherever reading begins', () => {
    const { records, plain, sent, ended } = log();
    sent('1'); // 0
    sent('2'); // 1
    plain(); // 2
    ended('1', 'abort'); // 3
    sent('1'); // 4, of the next transaction
    sent('2'); // 5
    ended('2', 'abort'); // 6
    ended('1', 'commit'); // 7
    const aborted = [
      { producerId: '2', firstOffset: '1' },
      { producerId: '1', firstOffset: '0' },
    ];
    for (let from = 0; from < 3; from += 1) {
      expect(offsetsOf(committedOf(records.slice(from), aborted))).toEqual([2, 4]);
    }
  });

  it('are those with a key like an abort marker as well, and it ends no transaction', () => {
    const { records, sent, ended } = log();
    sent('1', [marker.abort]); // 0
    sent('1'); // 1
    ended('1', 'abort'); // 2
    sent('2', [marker.abort]); // 3
    ended('2', 'commit'); // 4
    expect(offsetsOf(committedOf(records, [{ producerId: '1', firstOffset: '0' }]))).toEqual([3]);
  });
});
