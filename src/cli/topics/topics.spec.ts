import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { openEmbedded } from '../../adapters/embedded/index.js';
import { eventually } from '../../testing/eventually.js';
import { GroupFollower } from '../../testing/group-follower.js';
import { parseArguments } from './arguments.js';
import { list } from './list.js';
import { tail } from './tail.js';

const lineShape = z.object({ partition: z.number(), offset: z.number(), value: z.string() });

describe('Topics on the command line', () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;
  let lines: string[];
  let problems: string[];
  const output = {
    result: (line: string) => {
      lines.push(line);
      return Promise.resolve();
    },
    problem: (line: string) => {
      problems.push(line);
    },
  };

  beforeEach(async () => {
    lines = [];
    problems = [];
    dataDir = await mkdtemp(join(tmpdir(), 'topics-'));
    engine = openEmbedded({ dataDir });
    await engine.messageLog.ensureTopics([{ name: 'orders', partitions: 2, retentionMs: 60_000 }]);
  });
  afterEach(async () => {
    await engine.close();
    await rm(dataDir, { recursive: true });
  });

  /** Numbers from one on, alternately to both partitions, a second apart. */
  const publish = (from: number, to: number) =>
    engine.messageLog.publish(
      Array.from({ length: to - from + 1 }, (_, index) => ({
        ...{ topic: 'orders', partition: (from + index) % 2, key: null, headers: [] },
        ...{ value: Buffer.from(String(from + index)), timestamp: (from + index) * 1_000 },
      })),
    );
  const run = async (args: readonly string[], signal = new AbortController().signal): Promise<0 | 2> => {
    const command = parseArguments(args);
    if (typeof command === 'string') throw new Error(command);
    const decode = ({ value }: { value: Buffer | null }) => Promise.resolve(value?.toString());
    return command.verb === 'list'
      ? list(engine.messageLog, command, output)
      : tail(engine.messageLog, command, decode, output, signal);
  };
  const shown = () => lines.map((line) => lineShape.parse(JSON.parse(line)).value);
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

  it.each([
    [[], numbers(591, 600)],
    [['--limit', '3'], numbers(598, 600)],
    [['--from-beginning'], numbers(1, 600)],
    [['--from-beginning', '--limit', '4'], numbers(1, 4)],
    [
      ['--partition', '1', '--limit', '2'],
      ['597', '599'],
    ],
  ])('tail %j shows the messages of all partitions by their time', async (args, expected) => {
    await publish(1, 600);
    expect(await run(['tail', 'orders', '--json', ...args])).toBe(0);
    expect(shown()).toEqual(expected);
  });

  it('tail follows what is published, until it is interrupted', async () => {
    await publish(1, 20);
    const interruption = new AbortController();
    const following = run(['tail', 'orders', '--json', '--follow'], interruption.signal);
    await eventually('the last ones are shown', () => lines.length === 10);
    for (const [from, to] of [
      [21, 21],
      [22, 25],
    ] as const) {
      await publish(from, to);
      await eventually('the new ones are shown', () => lines.length === to - 10);
    }
    interruption.abort();
    expect(await following).toBe(0);
    expect(shown()).toEqual(numbers(11, 25));
  });

  it('tail that follows ends after as many as wanted', async () => {
    const following = run(['tail', 'orders', '--json', '--follow', '--limit', '3']);
    for (const number of [1, 2, 3, 4]) await publish(number, number);
    expect(await following).toBe(0);
    expect(lines).toHaveLength(3);
  });

  it('tail of what is not there is refused', async () => {
    expect(await run(['tail', 'payments'])).toBe(2);
    expect(await run(['tail', 'orders', '--partition', '2'])).toBe(2);
    expect(problems).toEqual([
      'There is no topic payments. These are there: orders.',
      'orders has no partition 2: the last one is 1.',
    ]);
    expect(lines).toEqual([]);
  });

  it('list shows offsets, and groups with their lag', async () => {
    await publish(1, 5);
    const follower = new GroupFollower(
      await engine.messageLog.join({ group: 'shipping', topics: ['orders'], sessionTimeoutMs: 60_000 }),
    );
    await eventually('all is dealt with', () => follower.messages.length === 5);
    await follower.close();
    await publish(6, 8);
    expect(await run(['list', '--json'])).toBe(0);
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      {
        ...{ topic: 'orders', partitions: 2, retentionMs: 60_000, messages: 8 },
        offsets: [
          { partition: 0, first: 0, next: 4 },
          { partition: 1, first: 0, next: 4 },
        ],
        groups: [
          {
            ...{ group: 'shipping', members: 0, lag: 3 },
            partitions: [
              { partition: 0, committed: 2, lag: 2, member: null },
              { partition: 1, committed: 3, lag: 1, member: null },
            ],
          },
        ],
      },
    ]);
    lines = [];
    expect(await run(['list'])).toBe(0);
    expect(lines).toEqual([
      'orders  8 messages in 2 partitions, kept for 60 s',
      '  partition 0: offsets 0 to 4, shipping at 2 (lag 2)',
      '  partition 1: offsets 0 to 4, shipping at 3 (lag 1)',
      '  group shipping: 0 members, lag 3',
    ]);
  });
});
