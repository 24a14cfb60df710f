import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Inbox } from '../ports/inbox.js';
import { eventually } from './eventually.js';

export interface InboxHarness {
  /** Empty. */
  readonly inbox: Inbox;
  /** The same inbox through a connection of its own. */
  readonly another: () => Promise<Inbox>;
  readonly dispose: () => Promise<void>;
}

/** What every adapter of the inbox does, sentence by sentence of the port. */
export const describeInboxContract = (name: string, open: () => Promise<InboxHarness>): void => {
  describe(`${name} as an inbox`, () => {
    let harness: InboxHarness;
    let inbox: Inbox;

    beforeEach(async () => {
      harness = await open();
      inbox = harness.inbox;
    });

    afterEach(() => harness.dispose());

    it('has seen what was added, on every connection', async () => {
      expect(await inbox.seen('readers', ['a', 'b'])).toStrictEqual(new Set());
      await inbox.add('readers', 'a');
      for (const each of [inbox, await harness.another()]) {
        expect(await each.seen('readers', ['a', 'b'])).toStrictEqual(new Set(['a']));
        expect(await each.seen('readers', [])).toStrictEqual(new Set());
      }
    });

    it('is each group’s own', async () => {
      await inbox.add('readers', 'a');
      expect(await inbox.seen('writers', ['a'])).toStrictEqual(new Set());
    });

    it('may be told twice', async () => {
      await Promise.all([inbox.add('readers', 'a'), inbox.add('readers', 'a')]);
      expect(await inbox.seen('readers', ['a'])).toStrictEqual(new Set(['a']));
    });

    it('forgets what was added before a time, of one group', async () => {
      const ids = Array.from({ length: 1_200 }, (_, index) => `old ${index}`);
      await Promise.all(ids.map((id) => inbox.add('readers', id)));
      await inbox.add('writers', 'old');
      const then = Date.now();
      await eventually('time has passed', () => Date.now() > then);
      await inbox.add('readers', 'new');
      await inbox.forgetBefore('readers', then + 1);
      expect(await inbox.seen('readers', [...ids, 'new'])).toStrictEqual(new Set(['new']));
      expect(await inbox.seen('writers', ['old'])).toStrictEqual(new Set(['old']));
    });
  });
};
