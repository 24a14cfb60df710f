import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Consumed } from '../consumers/consumer.js';
import { eventIdOf } from '../consumers/message-headers.js';
import { type ConsumerRunner } from '../consumers/runtime.js';
import { type Engine, group, message, openWorld, type World } from '../consumers/testing/world.js';
import { type TopicOffset } from '../ports/message-log.js';
import { eventually } from './eventually.js';

interface Publication {
  readonly do: 'publish';
  readonly key: 'a' | 'b' | 'c' | 'd';
  /** How many attempts fail: two are made before it is parked. */
  readonly failures: number;
  readonly twice: boolean;
}

type Step = Publication | { readonly do: 'join' | 'leave' | 'expire' | 'fault' | 'redrive' | 'breathe' };

const publication = fc.record<Publication>({
  do: fc.constant('publish'),
  key: fc.constantFrom('a', 'b', 'c', 'd'),
  failures: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(5)),
  twice: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.boolean()),
});

const steps = (...doing: Exclude<Step, Publication>['do'][]) =>
  fc.array(
    fc.oneof<fc.WeightedArbitrary<Step>[]>(
      { weight: 4, arbitrary: publication },
      ...doing.map((each) => ({
        weight: each === 'breathe' ? 2 : 1,
        arbitrary: fc.constant<Step>({ do: each }),
      })),
    ),
    { maxLength: 40 },
  );

/** Every offset that is committed has nothing before it that is neither in the inbox nor parked. */
const watchCommits = (world: World, broken: string[]): void => {
  const { log } = world;
  const join = log.join.bind(log);
  log.join = async (options) => {
    const member = await join(options);
    const commit = member.commit.bind(member);
    member.commit = async (offsets: readonly TopicOffset[]) => {
      for (const { offset, ...at } of offsets) {
        const before = log.messages(at).slice(0, offset).map(eventIdOf);
        const { items } = await world.deadLetters.find({}, { limit: 1_000 });
        const parked = items.map(({ eventId }) => eventId);
        const seen = await world.inbox.seen(group, before);
        broken.push(...before.filter((id) => !seen.has(id) && !parked.includes(id)));
      }
      await commit(offsets);
    };
    return member;
  };
};

const partitions = 3;

/** Runs the steps, then mends everything. @returns what succeeded, in order, and what was published. */
const play = async (open: (dataDir: string) => Engine, script: readonly Step[]) => {
  const world = await openWorld(open, partitions);
  try {
    const [succeeded, published, ahead]: [string[], string[], string[]] = [[], [], []];
    const failures = new Map<string, number>();
    const handle = async ({ id }: Consumed): Promise<void> => {
      await Promise.resolve();
      const left = failures.get(id) ?? 0;
      failures.set(id, left - 1);
      if (left > 0) throw new Error(`${id} is broken`);
      succeeded.push(id);
    };
    watchCommits(world, ahead);
    const runners: ConsumerRunner[] = [];
    const join = () => runners.push(world.start({ handle, settings: { maxInFlight: 6 } }));
    join();
    for (const step of script) {
      switch (step.do) {
        case 'publish': {
          const id = `${step.key}${published.length}`;
          published.push(id);
          failures.set(id, step.failures);
          await world.log.publish(Array.from({ length: step.twice ? 2 : 1 }, () => message(id)));
          break;
        }
        case 'join':
          if (runners.length < 3) join();
          break;
        case 'leave':
          await runners.shift()?.stop();
          break;
        case 'expire':
          world.log.expire(group);
          break;
        case 'fault':
          world.log.faults.set('commit', new Error('connection lost'));
          await new Promise(setImmediate);
          world.log.faults.clear();
          break;
        case 'redrive':
          await world.deadLetters.redrive({}, null);
          break;
        case 'breathe':
          await eventually('a quiet moment', async () => {
            const { due } = await world.deadLetters.count({});
            const statuses = runners.map(({ status }) => status);
            const had = new Set(
              statuses.flatMap((status) => status.partitions.map(({ partition }) => partition)),
            );
            // What is due in a partition that was lost waits for the next member.
            const isTried = due === 0 || had.size < partitions;
            return isTried && statuses.every(({ inFlight }) => inFlight === 0);
          });
      }
    }
    failures.clear();
    join();
    const end = world.log.partitionsOf('commerce.order.events');
    await eventually('everything is dealt with', async () => {
      await world.deadLetters.redrive({}, null);
      const { failed, due, waiting } = await world.deadLetters.count({});
      const total = end.reduce((sum, at) => sum + world.log.messages(at).length, 0);
      return failed + due + waiting === 0 && (await world.committed()) === total;
    });
    return { succeeded, published, ahead };
  } finally {
    await world.dispose();
  }
};

const keysOf = (ids: readonly string[]) => Object.groupBy(ids, (id) => id.charAt(0));

/**
 * The runtime on inbox and dead letters of an engine.
 * @param open empty ones each time
 * @param parameters with `endOnFailure` where a run that fails may take minutes, and so must not be made smaller
 */
export const describeConsumerRuntime = (
  name: string,
  open: (dataDir: string) => Engine,
  parameters: Pick<fc.Parameters, 'numRuns' | 'endOnFailure'>,
): void => {
  describe(`Consumers on ${name}, whatever fails and whoever comes and goes`, () => {
    it('handle every event exactly once, in the order of its key', async () => {
      await fc.assert(
        fc.asyncProperty(steps('join', 'leave', 'redrive', 'breathe'), async (script) => {
          const { succeeded, published, ahead } = await play(open, script);
          expect(ahead).toStrictEqual([]);
          expect(keysOf(succeeded)).toEqual(keysOf(published));
        }),
        parameters,
      );
    });

    it('also with members that lose their partitions unnoticed: at least once, none before those before it', async () => {
      await fc.assert(
        fc.asyncProperty(steps('join', 'leave', 'redrive', 'breathe', 'expire', 'fault'), async (script) => {
          const { succeeded, published, ahead } = await play(open, script);
          expect(ahead).toStrictEqual([]);
          expect(keysOf([...new Set(succeeded)])).toEqual(keysOf(published));
        }),
        parameters,
      );
    });
  });
};
