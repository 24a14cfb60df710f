import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openEmbedded } from '../adapters/embedded/index.js';
import { fold } from '../kernel/decider.js';
import { type NewEvent, type RecordedEvent, UnknownEvent } from '../kernel/envelope.js';
import { isRejection, reject } from '../kernel/rejection.js';
import { type EventStore } from '../ports/event-store.js';
import { type CommandContext } from './command-context.js';
import { type Accepted, CommandExecutor, Contention, type ExecutorOptions } from './command-executor.js';
import { shelf, type ShelfCommand, shelfEmpty, type ShelfEvent } from './testing/shelf.js';
import { WatchedStore } from './testing/watched-store.js';

const now = '2026-01-02T03:04:05.678Z';
const clock = { now: () => now };

let dataDir: string;
let engine: ReturnType<typeof openEmbedded>;
let store: WatchedStore;
let id: string;
let streams = 0;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'executor-'));
  engine = openEmbedded({ dataDir });
});

afterAll(async () => {
  await engine.close();
  await rm(dataDir, { recursive: true });
});

beforeEach(() => {
  store = new WatchedStore(engine.eventStore);
  id = `s${(streams += 1)}`;
});

const executor = (on: EventStore = store, options?: ExecutorOptions) =>
  new CommandExecutor(shelf, on, clock, options);

type Shelves = ReturnType<typeof executor>;

const context = (commandId: string, more: Partial<CommandContext> = {}): CommandContext => ({
  commandId,
  correlationId: 'correlation',
  causationId: 'cause',
  actor: 'tester',
  ...more,
});

let sent = 0;
const send = (to: Shelves, command: ShelfCommand, more: Partial<CommandContext> = {}) =>
  to.execute({ id, command, context: context(`command-${(sent += 1)}`, more) });

const put = (units: number): ShelfCommand => ({ do: 'put', units });
const take = (units: number): ShelfCommand => ({ do: 'take', units });

const stored = (): Promise<readonly RecordedEvent[]> => engine.eventStore.readStream(`shelf-${id}`);
const facts = async () => (await stored()).map(({ type, data }) => ({ type, data }));
const unitsPut = (units: number) => ({ type: 'UnitsPut', data: { units } });
const unitsTaken = (units: number) => ({ type: 'UnitsTaken', data: { units } });

/** Without the position, which only the store knows. */
const brief = (answer: object): object => (isRejection(answer) ? answer : { ...answer, position: undefined });
const accepted = (events: readonly object[], state: number, revision: number, repeated = false) => ({
  events,
  state,
  revision,
  position: undefined,
  repeated,
});

const foreign = (type: string, data: object, version = 1): NewEvent => ({
  id: `foreign-${(sent += 1)}`,
  type,
  version,
  data,
  metadata: {
    correlationId: 'c',
    causationId: 'c',
    commandId: `foreign-${sent}`,
    actor: 'x',
    occurredAt: now,
  },
});

describe('a command', () => {
  it('is decided on the stream as it is, and what was decided is appended with all that is known of it', async () => {
    const shelves = executor();
    await send(shelves, put(5));
    const answer = await send(
      shelves,
      { do: 'swap', take: 3, put: 1 },
      { commandId: 'swap-1', requestHash: 'hash', traceparent: '00-trace' },
    );
    const metadata = {
      correlationId: 'correlation',
      causationId: 'cause',
      commandId: 'swap-1',
      requestHash: 'hash',
      actor: 'tester',
      occurredAt: now,
      traceparent: '00-trace',
    };
    const [, ...swapped] = await stored();
    const recorded = {
      id: expect.any(String),
      metadata,
      stream: `shelf-${id}`,
      position: expect.any(String),
    };
    expect(swapped).toStrictEqual([
      { ...recorded, ...unitsTaken(3), version: 1, revision: 1 },
      { ...recorded, ...unitsPut(1), version: 2, revision: 2 },
    ]);
    expect(answer).toStrictEqual({
      events: [unitsTaken(3), unitsPut(1)],
      state: 3,
      revision: 2,
      position: swapped[1]?.position,
      repeated: false,
    });
  });

  it('leaves out of the metadata what is not known', async () => {
    await send(executor(), put(5), { commandId: 'plain' });
    expect((await stored()).map(({ metadata }) => metadata)).toStrictEqual([
      {
        correlationId: 'correlation',
        causationId: 'cause',
        commandId: 'plain',
        actor: 'tester',
        occurredAt: now,
      },
    ]);
  });

  it('that has nothing to do writes nothing and is answered with the stream as it is', async () => {
    const shelves = executor();
    expect(await send(shelves, put(0))).toStrictEqual(accepted([], 0, -1));
    await send(shelves, put(5));
    const [last] = await stored();
    expect(await send(shelves, put(0))).toStrictEqual({
      ...accepted([], 5, 0),
      position: last?.position,
    });
    expect(store.appends).toStrictEqual([1]);
  });

  it('that is refused is answered with the refusal and writes nothing', async () => {
    expect(await send(executor(), take(1))).toStrictEqual(shelfEmpty(0));
    expect(store.appends).toStrictEqual([]);
  });

  it('sees older versions of events as those of today', async () => {
    await engine.eventStore.append(`shelf-${id}`, 'absent', [foreign('UnitsPut', { dozens: 2 })]);
    expect(brief(await send(executor(), take(20)))).toStrictEqual(accepted([unitsTaken(20)], 4, 1));
  });

  it.each([
    ['UnitsBlessed', 1, 'UnitsPut, UnitsTaken'],
    ['UnitsPut', 3, 'version 2'],
  ])('fails when the stream holds %s version %i, and appends nothing', async (type, version, known) => {
    const shelves = executor();
    await send(shelves, put(5));
    await engine.eventStore.append(`shelf-${id}`, 0, [foreign(type, {}, version)]);
    const event = { type, version, stream: `shelf-${id}`, revision: 1 };
    const fault = new UnknownEvent(event, 'The shelf aggregate', known);
    for (const each of [shelves, executor()]) {
      await expect(send(each, put(1))).rejects.toThrow(fault);
      await expect(send(each, take(9))).rejects.toThrow(fault);
    }
    expect(await stored()).toHaveLength(2);
  });

  it('that the decider throws at fails alone', async () => {
    const shelves = executor();
    const answers = await Promise.allSettled([
      send(shelves, put(2)),
      send(shelves, { do: 'burn' }),
      send(shelves, take(1)),
    ]);
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? brief(answer.value) : answer))).toEqual([
      accepted([unitsPut(2)], 2, 0),
      { status: 'rejected', reason: new Error('fire') },
      accepted([unitsTaken(1)], 1, 1),
    ]);
    expect(await facts()).toStrictEqual([unitsPut(2), unitsTaken(1)]);
  });

  it('that decides an event it does not declare leaves nothing of itself in the batch', async () => {
    const careless: typeof shelf = {
      ...shelf,
      decider: {
        ...shelf.decider,
        decide: (command, units) =>
          command.do === 'burn'
            ? [unitsPut(7) as ShelfEvent, { type: 'UnitsBurnt', data: {} } as unknown as ShelfEvent]
            : shelf.decider.decide(command, units),
      },
    };
    const shelves = new CommandExecutor(careless, store, clock);
    const [burnt, filled] = await Promise.allSettled([send(shelves, { do: 'burn' }), send(shelves, put(2))]);
    expect(burnt.status).toBe('rejected');
    expect(filled.status === 'fulfilled' && brief(filled.value)).toStrictEqual(accepted([unitsPut(2)], 2, 0));
    expect(await facts()).toStrictEqual([unitsPut(2)]);
  });
});

describe('commands that arrive together on one stream', () => {
  it('are decided one after another, appended at once, and answered each with its own state', async () => {
    const shelves = executor();
    const answers = await Promise.all(
      [put(3), take(5), take(2), put(0), { do: 'swap', take: 1, put: 4 } as const].map((command) =>
        send(shelves, command),
      ),
    );
    expect(answers.map(brief)).toStrictEqual([
      accepted([unitsPut(3)], 3, 0),
      shelfEmpty(3),
      accepted([unitsTaken(2)], 1, 1),
      accepted([], 1, 1),
      accepted([unitsTaken(1), unitsPut(4)], 4, 3),
    ]);
    expect(store.appends).toStrictEqual([4]);
    const last = (await stored()).at(-1)?.position;
    expect(answers.map((answer) => (isRejection(answer) ? last : answer.position))).toStrictEqual(
      answers.map(() => last),
    );
  });

  it('gather while an append is under way, up to the most there are in a batch', async () => {
    const shelves = executor();
    const { promise: gate, resolve: open } = Promise.withResolvers<undefined>();
    store.steps.push((append) => gate.then(append));
    const first = send(shelves, put(1));
    while (store.appends.length === 0) await turn();
    const others = Array.from({ length: 300 }, () => send(shelves, put(1)));
    open(undefined);
    await Promise.all([first, ...others]);
    expect(store.appends).toStrictEqual([1, 256, 44]);
    expect((await shelves.load(id)).state).toBe(301);
  });

  it('wait only for their own stream', async () => {
    const shelves = executor();
    const { promise: gate, resolve: open } = Promise.withResolvers<undefined>();
    store.steps.push((append) => gate.then(append));
    const held = send(shelves, put(1));
    while (store.appends.length === 0) await turn();
    const other = await shelves.execute({ id: `${id}-b`, command: put(2), context: context('other') });
    expect(brief(other)).toStrictEqual(accepted([unitsPut(2)], 2, 0));
    open(undefined);
    expect(brief(await held)).toStrictEqual(accepted([unitsPut(1)], 1, 0));
  });
});

describe('a command id', () => {
  const key = { commandId: 'key', requestHash: 'body' };
  const first = accepted([unitsPut(5)], 5, 0);
  const again = { ...first, repeated: true };

  it('that comes again is answered as it was the first time', async () => {
    const shelves = executor();
    const answer = (await send(shelves, put(5), key)) as Accepted<ShelfEvent, number>;
    await send(shelves, take(2));
    expect(await send(shelves, put(5), key)).toStrictEqual({ ...answer, repeated: true });
    expect(brief(answer)).toStrictEqual(first);
    expect(store.appends).toStrictEqual([1, 1]);
  });

  it('is known within its batch', async () => {
    const shelves = executor();
    const answers = await Promise.all(
      [put(5), put(5), take(1)].map((command, index) => send(shelves, command, index < 2 ? key : {})),
    );
    expect(answers.map(brief)).toStrictEqual([first, again, accepted([unitsTaken(1)], 4, 1)]);
    expect(store.appends).toStrictEqual([2]);
  });

  it('is known to other processes, and after the stream has left the cache', async () => {
    const shelves = executor(store, { cacheWeight: 10 });
    await send(shelves, put(5), key);
    await send(shelves, take(2));
    const fill = (other: number) =>
      shelves.execute({ id: `${id}-${other}`, command: put(1), context: context('fill') });
    await Promise.all(Array.from({ length: 100 }, (_, other) => fill(other)));
    store.reads.length = 0;
    expect(brief(await send(shelves, put(5), key))).toStrictEqual(again);
    expect(store.reads[0]).toBe(0);
    expect(brief(await send(executor(), put(5), key))).toStrictEqual(again);
    expect(await facts()).toStrictEqual([unitsPut(5), unitsTaken(2)]);
  });

  it('is known although another process carried it out after this one last looked', async () => {
    const [here, there] = [executor(), executor()];
    await send(here, put(1));
    await send(there, put(5), key);
    expect(brief(await send(here, put(5), key))).toStrictEqual(accepted([unitsPut(5)], 6, 1, true));
    // The repeated one and a new one in one batch.
    await send(there, take(6), { commandId: 'all' });
    const answers = await Promise.all([send(here, put(2)), send(here, take(6), { commandId: 'all' })]);
    expect(answers.map(brief)).toStrictEqual([
      accepted([unitsPut(2)], 2, 3),
      accepted([unitsTaken(6)], 0, 2, true),
    ]);
  });

  it('many of them at once cost one reading of the stream', async () => {
    const all = Array.from({ length: 20 }, (_, index) => ({ commandId: `many-${index}` }));
    const shelves = executor();
    const answers = await Promise.all(all.map((one) => send(shelves, put(1), one)));
    const restarted = executor();
    await restarted.load(id);
    store.reads.length = 0;
    const repeated = await Promise.all(all.toReversed().map((one) => send(restarted, put(1), one)));
    expect(repeated.map(brief)).toStrictEqual(
      answers.toReversed().map((answer) => ({ ...brief(answer), repeated: true })),
    );
    expect(store.reads).toStrictEqual([20, 0]);
  });

  it('with another request is refused, in its batch and later', async () => {
    const shelves = executor();
    const other = { commandId: 'key', requestHash: 'another body' };
    const refused = reject(
      'IDEMPOTENCY_KEY_REUSED',
      'This Idempotency-Key was used before for another request to this resource, or personal data in that request has been ' +
        'forgotten since. Use a new key for a new request.',
      'Idempotency-Key',
    );
    const [, inBatch] = await Promise.all([send(shelves, put(5), key), send(shelves, put(6), other)]);
    expect(inBatch).toStrictEqual(refused);
    expect(await send(shelves, put(6), other)).toStrictEqual(refused);
    expect(await send(executor(), put(6), { commandId: 'key' })).toStrictEqual(refused);
    expect(await facts()).toStrictEqual([unitsPut(5)]);
  });

  it('of a command that was refused or had nothing to do is not remembered', async () => {
    const shelves = executor();
    expect(await send(shelves, take(1), key)).toStrictEqual(shelfEmpty(0));
    expect(brief(await send(shelves, put(0), key))).toStrictEqual(accepted([], 0, -1));
    await send(shelves, put(5));
    expect(brief(await send(shelves, take(1), key))).toStrictEqual(accepted([unitsTaken(1)], 4, 1));
  });
});

describe('another writer', () => {
  it('who appended first makes the batch be decided again on what is there now', async () => {
    const [here, there] = [executor(), executor(engine.eventStore)];
    await send(here, put(5));
    store.steps.push(async (append) => {
      await send(there, take(4));
      return append();
    });
    const answers = await Promise.all([send(here, take(1)), send(here, take(1))]);
    expect(answers.map(brief)).toStrictEqual([accepted([unitsTaken(1)], 0, 2), shelfEmpty(0)]);
    expect(await facts()).toStrictEqual([unitsPut(5), unitsTaken(4), unitsTaken(1)]);
  });

  it('who always is first makes it give up with nothing written', async () => {
    const [here, there] = [executor(store, { attempts: 3 }), executor(engine.eventStore)];
    await send(here, put(5));
    for (let attempt = 0; attempt < 3; attempt += 1) {
      store.steps.push(async (append) => {
        await send(there, put(1));
        return append();
      });
    }
    await expect(Promise.all([send(here, take(1)), send(here, take(2))])).rejects.toThrow(
      new Contention(`shelf-${id}`, 3),
    );
    expect(await facts()).toStrictEqual([unitsPut(5), unitsPut(1), unitsPut(1), unitsPut(1)]);
    store.reads.length = 0;
    expect(brief(await send(here, take(1)))).toStrictEqual(accepted([unitsTaken(1)], 7, 4));
    // What was read meanwhile is not thrown away.
    expect(store.reads).toStrictEqual([]);
  });

  it('whom this process has not seen yet never leads to a wrong answer', async () => {
    const [here, there] = [executor(), executor(engine.eventStore)];
    expect(await send(here, take(3))).toStrictEqual(shelfEmpty(0));
    await send(there, put(5));
    expect(brief(await send(here, take(3)))).toStrictEqual(accepted([unitsTaken(3)], 2, 1));
    await send(there, put(5));
    expect(brief(await send(here, take(6)))).toStrictEqual(accepted([unitsTaken(6)], 1, 3));
    await send(there, take(1));
    expect(brief(await send(here, put(0)))).toStrictEqual(accepted([], 0, 4));
    expect(await send(here, take(1))).toStrictEqual(shelfEmpty(0));
  });
});

describe('If-Match', () => {
  const mismatch = (seen: number, actual: number) =>
    reject(
      'REVISION_MISMATCH',
      `If-Match names revision ${seen}, but shelf-${id} is at revision ${actual}. Read it again and decide anew.`,
      'If-Match',
    );

  it('lets a command through that has seen the latest revision', async () => {
    const shelves = executor();
    await send(shelves, put(5));
    expect(brief(await send(shelves, take(1), { ifMatch: 0 }))).toStrictEqual(
      accepted([unitsTaken(1)], 4, 1),
    );
    expect(await send(shelves, take(1), { ifMatch: 0 })).toStrictEqual(mismatch(0, 1));
    expect(await send(shelves, take(1), { ifMatch: 2 })).toStrictEqual(mismatch(2, 1));
  });

  it('lets one of two through that arrive together', async () => {
    const shelves = executor();
    await send(shelves, put(5));
    const answers = await Promise.all([1, 2].map((units) => send(shelves, take(units), { ifMatch: 0 })));
    expect(answers.map(brief)).toStrictEqual([accepted([unitsTaken(1)], 4, 1), mismatch(0, 1)]);
  });

  it('means the stream as it is, not as this process remembers it', async () => {
    const [here, there] = [executor(), executor()];
    await send(here, put(5));
    await send(there, take(1));
    expect(await send(here, take(1), { ifMatch: 0 })).toStrictEqual(mismatch(0, 1));
    await send(there, take(1));
    expect(brief(await send(here, take(1), { ifMatch: 2 }))).toStrictEqual(accepted([unitsTaken(1)], 2, 3));
  });

  it('does not stand in the way of the first answer', async () => {
    const shelves = executor();
    await send(shelves, put(5));
    const key = { commandId: 'key', ifMatch: 0 };
    await send(shelves, take(1), key);
    expect(brief(await send(shelves, take(1), key))).toStrictEqual(accepted([unitsTaken(1)], 4, 1, true));
  });
});

describe('an append that fails', () => {
  const fault = new Error('connection lost');
  const key = { commandId: 'key', requestHash: 'body' };

  it('although it was written fails the commands, and their repetition gives the first answer', async () => {
    const shelves = executor();
    await send(shelves, put(5));
    store.steps.push(async (append) => {
      await append();
      throw fault;
    });
    const lost = await Promise.allSettled([send(shelves, take(1), key), send(shelves, take(2))]);
    expect(lost.map((answer) => answer.status === 'rejected' && (answer.reason as unknown))).toStrictEqual([
      fault,
      fault,
    ]);
    expect(brief(await send(shelves, take(1), key))).toStrictEqual(accepted([unitsTaken(1)], 4, 1, true));
    expect(brief(await send(shelves, take(1)))).toStrictEqual(accepted([unitsTaken(1)], 1, 3));
  });

  it('before it was written leaves nothing behind', async () => {
    const shelves = executor();
    await send(shelves, put(5));
    store.steps.push(() => Promise.reject(fault));
    await expect(send(shelves, take(1), key)).rejects.toThrow(fault);
    expect(brief(await send(shelves, take(1), key))).toStrictEqual(accepted([unitsTaken(1)], 4, 1));
    expect(await facts()).toStrictEqual([unitsPut(5), unitsTaken(1)]);
  });

  it('does not hold up the commands that wait behind it', async () => {
    const shelves = executor(store, { batchSize: 1 });
    store.steps.push(() => Promise.reject(fault));
    const [first, second] = await Promise.allSettled([send(shelves, put(1)), send(shelves, put(2))]);
    expect(first.status).toBe('rejected');
    expect(second.status === 'fulfilled' && brief(second.value)).toStrictEqual(accepted([unitsPut(2)], 2, 0));
  });
});

describe('any number of commands, in any order, sent again and again by two processes', () => {
  const command = fc.oneof(
    fc.nat(3).map(put),
    fc.nat(4).map(take),
    fc.record({ do: fc.constant('swap' as const), take: fc.nat(3), put: fc.nat(3) }),
  );
  const sending = fc.record({
    process: fc.nat(1),
    command: fc.nat(11),
    /** Whether the process is a new one that knows nothing. */
    restarted: fc.constantFrom(false, false, false, true),
    /** How many turns of the event loop pass before the next one is sent. */
    turns: fc.constantFrom(0, 0, 0, 1, 3),
  });

  it('leave what one process would that got each of them once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { minLength: 12, maxLength: 12 }),
        fc.array(sending, { minLength: 1, maxLength: 40 }),
        async (commands, sendings) => {
          id = `s${(streams += 1)}`;
          const start = () => executor(engine.eventStore, { attempts: 100 });
          const processes = [start(), start()];
          const answers: Promise<readonly [string, Awaited<ReturnType<Shelves['execute']>>]>[] = [];
          for (const { process, command: index, restarted, turns } of sendings) {
            if (restarted) processes[process] = start();
            const [to, what] = [processes[process], commands[index]];
            if (to === undefined || what === undefined) throw new RangeError('There are two, and twelve.');
            const key = `command ${index}`;
            answers.push(send(to, what, { commandId: key }).then((answer) => [key, answer] as const));
            for (let waited = 0; waited < turns; waited += 1) await turn();
          }
          const answered = await Promise.all(answers);

          // One after another, in the order of the stream.
          const recorded = await stored();
          const order = [...new Set(recorded.map(({ metadata }) => metadata.commandId))];
          const expected: ShelfEvent[] = [];
          const firsts = new Map<string, object>();
          let units = shelf.decider.initial;
          for (const key of order) {
            const decided = shelf.decider.decide(commandOf(commands, key), units);
            if (isRejection(decided)) throw new Error(`${key} was carried out and would be refused.`);
            expected.push(...decided);
            units = fold({ ...shelf.decider, initial: units }, decided);
            firsts.set(key, { events: decided, state: units, revision: expected.length - 1 });
          }
          expect(recorded.map(({ type, data }) => ({ type, data }))).toStrictEqual(expected);
          for (const [key, answer] of answered) {
            // Refused or nothing to do at some moment; only what was written must be so for ever.
            if (isRejection(answer) || answer.events.length === 0) continue;
            const { events, state, revision } = answer;
            expect({ events, state, revision }).toStrictEqual(firsts.get(key));
          }
          for (const each of processes) {
            expect(await each.load(id)).toMatchObject({ state: units, revision: expected.length - 1 });
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

const commandOf = (commands: readonly ShelfCommand[], key: string): ShelfCommand => {
  const command = commands[Number(key.split(' ')[1])];
  if (command === undefined) throw new RangeError(`There is no ${key}.`);
  return command;
};
