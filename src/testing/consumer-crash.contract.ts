import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { topicSpecsOf } from '../consumers/dead-letter-topic.js';
import { group, message, topic } from '../consumers/testing/world.js';
import { Child } from './child.js';
import { type OpenedEngine, type Report } from './consumer.child.js';
import { eventually } from './eventually.js';

const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const rounds = 12;

export interface CrashHarness {
  readonly open: (options: { readonly dataDir: string }) => OpenedEngine;
  /** Of the built module that has it as `openEmbedded`, for the processes. */
  readonly engineUrl: string;
}

export const describeConsumerCrashes = (name: string, { open, engineUrl }: CrashHarness): void => {
  describe(`Two processes of a consumer group on ${name}, when one after the other is killed`, () => {
    let dataDir: string;
    let engine: OpenedEngine;

    beforeAll(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'consumer-crash-'));
      engine = open({ dataDir });
    });

    afterAll(async () => {
      await engine.close();
      await rm(dataDir, { recursive: true });
    });

    const effectsOf = async (key: string): Promise<readonly string[]> =>
      (await engine.eventStore.readStream(`effect-${key}`)).map(({ data }) => (data as { id: string }).id);

    it(`${rounds} times, lose nothing and keep the order of every key; what was parked follows when it is redriven`, async () => {
      const published = new Map(keys.map((key) => [key, [] as string[]]));
      const publish = async (count: number): Promise<void> => {
        const ids = Array.from({ length: count }, (_, n) => {
          const ofKey = published.get(keys[n % keys.length] ?? '') ?? [];
          const id = `${keys[n % keys.length] ?? ''}${ofKey.length}`;
          ofKey.push(id);
          return id;
        });
        await engine.messageLog.publish(ids.map((id) => message(id)));
      };
      await engine.messageLog.ensureTopics(topicSpecsOf({ group, topics: [topic] }, 6));
      const start = (failing: string) => new Child<Report>('consumer', engineUrl, dataDir, failing);

      const failing = 'b9,d30';
      let [one, other] = [start(failing), start(failing)];
      for (let round = 0; round < rounds; round += 1) {
        await publish(64);
        // Another moment of its life in every round.
        const [dying, surviving] = [one, other];
        await dying.waitFor(
          'messages at either of them',
          ({ length }) => length + surviving.reports.length > (round * round) % 23,
        );
        await one.kill();
        [one, other] = [other, start(failing)];
      }
      const committed = async () =>
        (await engine.messageLog.committed(group)).reduce((sum, { offset }) => sum + offset, 0);
      await eventually('the end of the topic', async () => (await committed()) === rounds * 64);
      const parked = await engine.deadLetters.count({});
      expect(parked).toMatchObject({ failed: 2, due: 0 });
      await Promise.all([one.kill(), other.kill()]);

      const [mended, another] = [start(''), start('')];
      await engine.deadLetters.redrive({}, null);
      await mended.waitFor('a parked message', (reports) => reports.length > 3 || another.reports.length > 3);
      await another.kill();
      await eventually('nothing parked', async () => {
        const { failed, due, waiting } = await engine.deadLetters.count({});
        return failed + due + waiting === 0;
      });
      await mended.kill();

      for (const key of keys) {
        const effects = await effectsOf(key);
        // Handled, not noted yet, and killed: once more, and never after a later one of its key.
        expect([...new Set(effects)]).toStrictEqual(published.get(key));
        const inRuns = effects.filter((id, n) => id !== effects[n - 1]);
        expect(inRuns).toStrictEqual(published.get(key));
      }
    });
  });
};
