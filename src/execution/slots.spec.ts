import { describe, expect, it } from '@jest/globals';
import { Slots } from './slots.js';

describe('slots', () => {
  it('let so many run at once, the others in order, also after one that failed', async () => {
    const slots = new Slots(2);
    const begun: number[] = [];
    const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<string>());
    const running = gates.map(({ promise }, index) =>
      slots
        .hold(() => {
          begun.push(index);
          return promise;
        })
        .catch(String),
    );
    await Promise.resolve();
    expect(begun).toStrictEqual([0, 1]);
    gates[1]?.reject(new Error('no'));
    expect(await running[1]).toBe('Error: no');
    expect(begun).toStrictEqual([0, 1, 2]);
    gates[2]?.resolve('two');
    expect(await running[2]).toBe('two');
    expect(begun).toStrictEqual([0, 1, 2, 3]);
    for (const { resolve } of gates) resolve('end');
    expect(await Promise.all(running)).toStrictEqual(['end', 'Error: no', 'two', 'end']);
  });
});
