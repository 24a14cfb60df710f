import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Content, decodeBatch, encodeBatches } from './message-batch.js';

const place = { topic: 'things', partition: 3 };

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const content: fc.Arbitrary<Content> = fc.record({
  timestamp: fc.integer({ min: 0, max: 8.64e15 }),
  key: fc.option(bytes(300)),
  value: fc.option(fc.oneof(bytes(300), fc.constant(Buffer.alloc(70_000, 7)))),
  headers: fc.array(
    fc.tuple(fc.oneof(fc.constantFrom('a', 'b', ''), fc.string({ unit: 'grapheme' })), bytes(200)),
  ),
});

/** The batches as they are read back, one after the other from offset 10 on. */
const decodeAll = (batches: ReturnType<typeof encodeBatches>) => {
  let base = 10;
  return batches.flatMap((batch) => {
    const messages = decodeBatch(batch, place, base, 0, Infinity);
    base += batch.count;
    return messages;
  });
};

describe('Batches of messages', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.array(content, { maxLength: 20 }), (contents) => {
        expect(decodeAll(encodeBatches(contents))).toStrictEqual(
          contents.map((each, index) => ({ ...place, offset: 10 + index, ...each })),
        );
      }),
    );
  });

  it('are read in part as they are read in whole', () => {
    const part = fc.nat({ max: 12 });
    fc.assert(
      fc.property(fc.array(content, { minLength: 1, maxLength: 10 }), part, part, (contents, from, limit) => {
        for (const batch of encodeBatches(contents)) {
          expect(decodeBatch(batch, place, 5, from, limit)).toStrictEqual(
            decodeBatch(batch, place, 5, 0, Infinity).slice(from, from + limit),
          );
        }
      }),
    );
  });

  it('hold about 64 KiB each and know how many messages they hold and the latest of their timestamps', () => {
    const of = (timestamp: number) => ({ timestamp, key: null, value: Buffer.alloc(30_000), headers: [] });
    const batches = encodeBatches([3, 7, 5, 2, 9, 4, 1].map(of));
    expect(batches.map(({ count, newest, data }) => [count, newest, data.length])).toEqual([
      [3, 7, 90_039],
      [3, 9, 90_039],
      [1, 1, 30_013],
    ]);
  });
});
