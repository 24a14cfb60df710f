import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Keys } from '../ports/keys.js';
import { type Mail, type Mailer } from '../ports/mailer.js';

export interface OutboxHarness {
  /** Empty. */
  readonly outbox: Mailer;
  /** The same outbox through a connection of its own. */
  readonly another: () => Promise<Mailer>;
  /** Under which it seals. */
  readonly keys: Keys;
  /** All that the engine keeps. */
  readonly stored: () => Promise<readonly Buffer[]>;
  readonly dispose: () => Promise<void>;
}

const mail = (id: string, customerId = 'ann', text = `text of ${id}`): Mail => ({
  id,
  customerId,
  to: { name: 'Ann Example', email: 'ann@example.test' },
  subject: `subject of ${id}`,
  text,
});

/** What every mailer does that keeps mails instead of sending them. */
export const describeOutboxContract = (name: string, open: () => Promise<OutboxHarness>): void => {
  describe(`${name} as an outbox`, () => {
    let harness: OutboxHarness;
    let outbox: Mailer;

    beforeEach(async () => {
      harness = await open();
      outbox = harness.outbox;
    });

    afterEach(() => harness.dispose());

    it('keeps what is sent, on every connection', async () => {
      await Promise.all([mail('a/1'), mail('a/2'), mail('b/1', 'bob')].map((each) => outbox.send(each)));
      for (const each of [outbox, await harness.another()]) {
        expect(new Set(await each.sent(['b/1', 'a/1', 'none']))).toStrictEqual(
          new Set([mail('a/1'), mail('b/1', 'bob')]),
        );
      }
      expect(await outbox.sent([])).toStrictEqual([]);
    });

    it('has no word of a mail in what it stores', async () => {
      await outbox.send(mail('a/1'));
      const words = ['Ann Example', 'ann@example.test', 'subject of', 'text of'];
      const stored = await harness.stored();
      expect(stored.some((bytes) => bytes.includes('a/1'))).toBe(true);
      expect(words.filter((word) => stored.some((bytes) => bytes.includes(word)))).toStrictEqual([]);
    });

    it('takes the same mail once', async () => {
      await Promise.all([1, 2].map(() => outbox.send(mail('a/1'))));
      await outbox.send(mail('a/1', 'ann', 'another text'));
      expect(await outbox.sent(['a/1'])).toStrictEqual([mail('a/1')]);
    });

    it('cannot read the mails of a customer who is forgotten', async () => {
      await outbox.send(mail('a/1'));
      await outbox.send(mail('b/1', 'bob'));
      await harness.keys.forget('ann');
      expect(await outbox.sent(['a/1', 'b/1'])).toStrictEqual([mail('b/1', 'bob')]);
    });
  });
};
