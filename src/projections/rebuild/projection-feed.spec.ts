import { beforeEach, describe, expect, it } from '@jest/globals';
import { logbook } from '../../execution/testing/logbook.js';
import { type Frame } from '../../http/event-stream.js';
import { type Position } from '../../kernel/envelope.js';
import { eventually } from '../testing/eventually.js';
import { type Overview } from './desk.js';
import { ProjectionFeed } from './projection-feed.js';

const at = (head: string): Overview => ({ views: [], keepers: [], head: head as Position });

describe('the feed of the projections', () => {
  /** That have not been answered. */
  let looks: PromiseWithResolvers<Overview>[];
  let feed: ProjectionFeed;
  let log: ReturnType<typeof logbook>;

  beforeEach(() => {
    looks = [];
    log = logbook();
    const overview = () => {
      const look = Promise.withResolvers<Overview>();
      looks.push(look);
      return look.promise;
    };
    feed = new ProjectionFeed({ overview }, log.logger);
  });

  const listen = () => {
    const heads: unknown[] = [];
    const push = ({ event }: Frame) => {
      const [id = '', name, data = ''] = event.toString().split('\n');
      expect([/^id: [0-9a-f]{16}$/.test(id), name]).toEqual([true, 'event: projections']);
      heads.push((JSON.parse(data.slice('data: '.length)) as Overview).head);
    };
    return { heads, unlisten: feed.listen({ push }) };
  };
  /** One look at a time is under way, and finds this. */
  const find = async (found: Overview | Error): Promise<void> => {
    await eventually(() => looks.length > 0);
    expect(looks).toHaveLength(1);
    const [look] = looks.splice(0);
    if (found instanceof Error) look?.reject(found);
    else look?.resolve(found);
  };

  it('looks once for all, and tells what has changed', async () => {
    const one = listen();
    const other = listen();
    for (const head of ['1', '1', '2']) await find(at(head));
    await eventually(() => one.heads.length === 2);
    const late = listen();
    await find(at('2'));
    await find(at('3'));
    await eventually(() => late.heads.length === 2);
    expect([one.heads, other.heads, late.heads]).toEqual([
      ['1', '2', '3'],
      ['1', '2', '3'],
      ['2', '3'],
    ]);
    for (const { unlisten } of [one, other, late]) unlisten();
    await feed.onApplicationShutdown();
    expect(looks).toEqual([]);
  });

  it('goes on after a fault, and starts anew for who comes later', async () => {
    const first = listen();
    await find(at('1'));
    await find(new Error('locked'));
    await find(at('2'));
    await eventually(() => first.heads.length === 2);
    expect([first.heads, log.entries.map(({ level }) => level)]).toEqual([['1', '2'], ['error']]);
    first.unlisten();
    const second = listen();
    await find(at('2'));
    await eventually(() => second.heads.length === 1);
    second.unlisten();
    await feed.onApplicationShutdown();
  });
});
