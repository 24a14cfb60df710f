import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Sealed } from '../kernel/sealed.js';
import { type Keys, UnreadableSeal } from '../ports/keys.js';

export interface KeysHarness {
  readonly keys: Keys;
  /** The same keys through a connection of its own. */
  readonly another: () => Promise<Keys>;
  readonly dispose: () => Promise<void>;
}

/** What every adapter of the keys does, sentence by sentence of the port. */
export const describeKeysContract = (name: string, open: () => Promise<KeysHarness>): void => {
  describe(`${name} as keys`, () => {
    let harness: KeysHarness;
    let keys: Keys;

    beforeEach(async () => {
      harness = await open();
      keys = harness.keys;
    });

    afterEach(() => harness.dispose());

    it('open what they sealed, whatever the text, on any connection', async () => {
      const other = await harness.another();
      await fc.assert(
        fc.asyncProperty(
          fc.string({ unit: 'binary' }),
          fc.string({ minLength: 1 }),
          async (text, customer) => {
            const sealed = await keys.seal(customer, 'note', text);
            expect(await keys.open(customer, 'note', sealed)).toBe(text);
            expect(await other.open(customer, 'note', sealed)).toBe(text);
          },
        ),
        { numRuns: 30 },
      );
    });

    it('seal so that neither text, customer nor repetition shows', async () => {
      const sealed = await keys.seal('customer-ann', 'note', 'Ann Example, 1 Main Street');
      expect(sealed).not.toMatch(/customer|Example/);
      const decoded = sealed.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'));
      expect(decoded.join()).not.toMatch(/customer|Example/);
      expect(await keys.seal('customer-ann', 'note', 'Ann Example, 1 Main Street')).not.toBe(sealed);
    });

    it('refuse what belongs to another purpose or another customer', async () => {
      await keys.seal('bob', 'note', 'other');
      const sealed = await keys.seal('ann', 'note', 'text');
      for (const [customer, purpose] of [
        ['ann', 'address'],
        ['bob', 'note'],
        ['nobody', 'note'],
        ['ann","note', ''],
      ] as const) {
        await expect(keys.open(customer, purpose, sealed)).rejects.toThrow(
          new UnreadableSeal(customer, purpose),
        );
      }
    });

    it('refuse what is damaged anywhere, and never open it as something else', async () => {
      const sealed = await keys.seal('ann', 'note', 'text');
      const places = Array.from({ length: sealed.length }, (_, at) => at);
      const changed = (at: number) =>
        sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
      const damaged = [
        ...places.map(changed),
        ...places.map((length) => sealed.slice(0, length)),
        `${sealed}A`,
        `${sealed}AAAA`,
        `${sealed}=`,
        ` ${sealed}`,
        'text',
      ];
      for (const text of damaged) {
        await expect(keys.open('ann', 'note', text as Sealed)).rejects.toThrow(UnreadableSeal);
      }
    });

    it('fingerprint alike what is alike for one customer, on any connection', async () => {
      const print = await keys.fingerprint('ann', 'text');
      expect(await (await harness.another()).fingerprint('ann', 'text')).toBe(print);
      expect(await keys.fingerprint('ann', 'Text')).not.toBe(print);
      expect(await keys.fingerprint('bob', 'text')).not.toBe(print);
    });

    it('forget for good and everywhere at once, one customer alone', async () => {
      const other = await harness.another();
      const sealed = await keys.seal('ann', 'note', 'text');
      const kept = await keys.seal('bob', 'note', 'kept');
      expect(await other.open('ann', 'note', sealed)).toBe('text');
      expect(await keys.forget('ann')).toBe(true);
      for (const each of [keys, other, await harness.another()]) {
        expect(await each.open('ann', 'note', sealed)).toBeUndefined();
        expect(await each.open('bob', 'note', kept)).toBe('kept');
        expect(await each.forget('ann')).toBe(false);
      }
    });

    it('have nothing to forget of somebody unknown', async () => {
      expect(await keys.forget('nobody')).toBe(false);
    });

    it('give a customer who comes back a new key', async () => {
      const [sealed, print] = [await keys.seal('ann', 'note', 'text'), await keys.fingerprint('ann', 'text')];
      await keys.forget('ann');
      const again = await keys.seal('ann', 'note', 'again');
      expect(await keys.open('ann', 'note', again)).toBe('again');
      expect(await keys.open('ann', 'note', sealed)).toBeUndefined();
      expect(await keys.fingerprint('ann', 'text')).not.toBe(print);
    });

    it('leave nothing open when a key is forgotten while it is made', async () => {
      const other = await harness.another();
      for (let turns = 0; turns < 40; turns += 1) {
        const customer = `customer ${turns}`;
        const sealing = keys.seal(customer, 'note', 'text');
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        const forgotten = await (turns % 2 === 0 ? keys : other).forget(customer);
        const sealed = await sealing;
        expect(await keys.open(customer, 'note', sealed)).toBe(forgotten ? undefined : 'text');
        expect(await other.open(customer, 'note', sealed)).toBe(forgotten ? undefined : 'text');
      }
    });

    it('make one key when many ask for it at once', async () => {
      const all = [keys, await harness.another(), await harness.another()];
      const prints = await Promise.all(
        all.flatMap((each) =>
          ['ann', 'bob'].flatMap((customer) => [1, 2, 3, 4].map(() => each.fingerprint(customer, 'text'))),
        ),
      );
      expect(new Set(prints).size).toBe(2);
    });
  });
};
