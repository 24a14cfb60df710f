import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type MessageLog } from '../../ports/message-log.js';
import { Child } from '../../testing/child.js';
import { eventually } from '../../testing/eventually.js';
import { type Change, type Dealing, type LogReport, type Relayed } from '../../testing/message-log.child.js';
import { openSite } from './testing/site.js';

const engineUrl = new URL('../../../dist/adapters/kafka/index.js', import.meta.url).href;
const partitions = 6;
/** The shortest that a broker takes unless it is told otherwise. */
const shortMs = 6_000;

const isDealing =
  (kind: Dealing['told']) =>
  (report: LogReport): report is Dealing =>
    report.told === kind;
const isChange = (report: LogReport): report is Change =>
  report.told === 'assigned' || report.told === 'revoked';
const isRelayed = (report: LogReport): report is Relayed => report.told === 'relayed';

const messagesOf = (child: Child<LogReport>, kind: Dealing['told']): string[] =>
  child.all(isDealing(kind)).flatMap(({ messages }) => messages);

const heldBy = (child: Child<LogReport>): string[] => {
  const held = new Set<string>();
  for (const { told, partitions: changed } of child.all(isChange)) {
    for (const partition of changed) {
      if (told === 'assigned') held.add(partition);
      else held.delete(partition);
    }
  }
  return [...held].toSorted();
};

describe('The message log on Kafka, in several processes', () => {
  let site: ReturnType<typeof openSite>;
  let log: MessageLog;
  const children: Child<LogReport>[] = [];
  const all = Array.from({ length: partitions }, (_, partition) => `numbers/${partition}`);

  beforeEach(async () => {
    site = openSite();
    log = site.open().messageLog;
    await log.ensureTopics([{ name: 'numbers', partitions, retentionMs: null }]);
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.kill()));
    await eventually('the members that were killed are forgotten', async () =>
      (await log.groups()).every(({ members }) => members === 0),
    );
    await site.dispose();
  });

  const spawn = (role: string, detail: number): Child<LogReport> => {
    const { logger: _, ...options } = site.options;
    const child = new Child<LogReport>(
      ...(['message-log', engineUrl, JSON.stringify(options), role, 'numbers', String(detail)] as const),
    );
    children.push(child);
    return child;
  };

  const publish = async (perPartition: number): Promise<void> => {
    await log.publish(
      Array.from({ length: perPartition * partitions }, (_, index) => ({
        ...{ topic: 'numbers', partition: index % partitions },
        ...{ key: null, value: Buffer.from(String(index)), headers: [] },
      })),
    );
  };

  const published = async (): Promise<string[]> => {
    const [topic] = await log.topics();
    return (topic?.status ?? []).flatMap(({ partition, next }) =>
      Array.from({ length: next }, (_, offset) => `numbers/${partition}@${offset}`),
    );
  };

  const dealtWith = () =>
    eventually('everything is dealt with', async () => {
      const [group] = await log.groups();
      return group?.partitions.every(({ committed, next }) => committed === next) === true;
    });

  const sharedOut = (...members: readonly Child<LogReport>[]) =>
    eventually('the partitions are shared out', () => {
      const held = members.map(heldBy);
      return held.every((each) => each.length > 0) && held.flat().toSorted().join() === all.join();
    });

  it('a member that is killed leaves its work to the others when its session is over', async () => {
    const [first, second] = [spawn('consume', shortMs), spawn('consume', shortMs)];
    await sharedOut(first, second);
    await publish(50);
    await first.kill();
    await publish(50);
    await sharedOut(second);
    await dealtWith();
    const wanted = new Set(await published());
    await eventually('everything is reported', () => {
      return new Set([first, second].flatMap((each) => messagesOf(each, 'delivered'))).size === wanted.size;
    });
    const committed = [first, second].flatMap((each) => messagesOf(each, 'committed'));
    expect(new Set(committed).size).toBe(committed.length);
  });

  it('a member that stood still for longer than its session commits and delivers nothing that passed on', async () => {
    const stopped = spawn('patient-consume', shortMs);
    await eventually('it has all', () => heldBy(stopped).length === partitions);
    await publish(10);
    await stopped.waitFor('messages', (reports) => reports.some(isDealing('delivered')));
    stopped.pause();
    const other = spawn('consume', shortMs);
    await eventually('the other one has all', () => heldBy(other).length === partitions);
    await dealtWith();
    const before = stopped.reports.length;

    stopped.resume();
    await stopped.tell({});
    await stopped.waitFor('its return', (reports) =>
      reports.slice(before).some(({ told }) => told === 'assigned'),
    );
    expect(stopped.reports.slice(before)).toEqual([
      { told: 'lost', messages: messagesOf(stopped, 'delivered') },
      { told: 'revoked', partitions: expect.any(Array), at: expect.any(Number) },
      { told: 'assigned', partitions: expect.any(Array), at: expect.any(Number) },
    ]);
    expect(new Set(messagesOf(other, 'committed'))).toEqual(new Set(await published()));
    await sharedOut(stopped, other);
  });

  it('a relay that is killed again and again leaves messages and checkpoint that agree', async () => {
    const numbers = async (): Promise<number[]> => {
      const found: number[] = [];
      for (let partition = 0; partition < partitions; partition += 1) {
        const messages = await log.read({ topic: 'numbers', partition, offset: 0 }, 1_000_000);
        const values = messages.map(({ value }) => Number(value?.toString()));
        expect(values).toEqual(values.toSorted((a, b) => a - b));
        found.push(...values);
      }
      return found.toSorted((a, b) => a - b);
    };
    let relayed = 0;
    for (let round = 0; round < 8; round += 1) {
      const relay = spawn('relay', 100 + 37 * round);
      await relay.waitFor('batches', (reports) => reports.length > (round * 7) % 11);
      await relay.kill();
      relayed = relay.all(isRelayed).at(-1)?.checkpoint ?? relayed;
      const checkpoint = Number(await (await log.openTransactional('relay')).checkpoint());
      expect(checkpoint).toBeGreaterThanOrEqual(relayed);
      expect(Number(await log.checkpoint('relay'))).toBe(checkpoint);
      expect(await numbers()).toEqual(Array.from({ length: checkpoint }, (_, index) => index + 1));
    }
  });

  it('a relay that stood still while another one took over is fenced when it comes back', async () => {
    const relay = spawn('patient-relay', 50);
    await relay.tell({});
    await relay.waitFor('a batch', (reports) => reports.some(isRelayed));
    relay.pause();
    const producer = await log.openTransactional('relay');
    expect(await producer.checkpoint()).toBe('50');
    await producer.commit([], 'taken over');
    const before = await published();
    relay.resume();
    await relay.tell({});
    await relay.waitFor('its end', (reports) => reports.some(({ told }) => told === 'fenced'));
    expect(await log.checkpoint('relay')).toBe('taken over');
    expect(await published()).toEqual(before);
  });
});
