import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Position } from '../kernel/envelope.js';
import { Watermark } from './watermark.js';

const at = (n: number) => String(n).padStart(4, '0') as Position;

describe('the watermark', () => {
  it('is where it started until something is done', () => {
    const watermark = new Watermark(at(3));
    expect([watermark.position, watermark.inFlight]).toStrictEqual([at(3), 0]);
    const done = watermark.begin(at(5));
    expect([watermark.position, watermark.inFlight]).toStrictEqual([at(3), 1]);
    done();
    expect([watermark.position, watermark.inFlight]).toStrictEqual([at(5), 0]);
  });

  it('is undefined before the first event of all is done', () => {
    const watermark = new Watermark(undefined);
    const first = watermark.begin(at(1));
    watermark.begin(at(2))();
    expect(watermark.position).toBeUndefined();
    first();
    expect(watermark.position).toBe(at(2));
  });

  it('is the last position below which everything is done, in whatever order it is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant('begin' as const), fc.nat(30)), { maxLength: 60 }),
        (steps) => {
          const watermark = new Watermark(undefined);
          const isDone: boolean[] = [];
          const finish: (() => void)[] = [];
          for (const step of steps) {
            if (step === 'begin') {
              finish.push(watermark.begin(at(finish.length)));
              isDone.push(false);
            } else {
              // Also of what is done already: being told twice changes nothing.
              finish[step]?.();
              if (step < isDone.length) isDone[step] = true;
            }
            const oldest = isDone.indexOf(false);
            const reached = (oldest < 0 ? isDone.length : oldest) - 1;
            expect(watermark.position).toBe(reached < 0 ? undefined : at(reached));
            expect(watermark.inFlight).toBe(isDone.filter((done) => !done).length);
          }
        },
      ),
    );
  });
});
