import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../adapters/embedded/index.js';
import { type RecordedEvent, upcast } from '../kernel/envelope.js';
import { type Checkpoints } from '../ports/checkpoints.js';
import { type Subscription } from '../ports/event-store.js';
import { eventually } from '../testing/eventually.js';
import { sampleEvent } from '../testing/sample-events.js';
import { type Reaction, Reactor, type ReactorDependencies } from './reactor.js';
import { streamsOf } from './service-reactions.js';
import { logbook } from './testing/logbook.js';

let dataDir: string;
let engine: ReturnType<typeof openEmbedded>;
let log: ReturnType<typeof logbook>;
let reactors: Reactor[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'reactor-'));
  engine = openEmbedded({ dataDir });
  log = logbook();
  reactors = [];
});

afterEach(async () => {
  await Promise.all(reactors.map((reactor) => reactor.stop()));
  await engine.close();
  await rm(dataDir, { recursive: true });
});

const start = (react: Reaction['react'], deps: Partial<ReactorDependencies> = {}): Reactor => {
  const { eventStore: store, checkpoints, leases } = engine;
  const reaction = {
    name: 'sample',
    filter: streamsOf('thing'),
    keyOf: ({ stream }: RecordedEvent) => stream,
    react,
  };
  const reactor = new Reactor(reaction, {
    store,
    checkpoints,
    leases,
    owner: 'one',
    // So long that no renewal comes to help.
    ttlMs: 600_000,
    logger: log.logger,
    backOffMs: { first: 0, most: 0 },
    ...deps,
  });
  reactors.push(reactor);
  reactor.start();
  return reactor;
};

/** Commits events named `<stream><n>` to streams `thing-<stream>`, in this order. */
const commit = async (...names: readonly string[]): Promise<void> => {
  for (const name of names) {
    await engine.eventStore.append(`thing-${name.charAt(0)}`, 'any', [sampleEvent(name)]);
  }
};
const checkpoint = () => engine.checkpoints.load('sample');
const positionOf = async (name: string) => {
  const events = await engine.eventStore.readStream(`thing-${name.charAt(0)}`);
  return events.find(({ id }) => id === name)?.position;
};

/** Notes what it is called with; the events in `held` wait until they are let go or the signal ends it. */
const recorder = (...held: readonly string[]) => {
  const seen: string[] = [];
  const gates = new Map(held.map((name) => [name, Promise.withResolvers<undefined>()]));
  const react = async ({ id }: RecordedEvent, signal: AbortSignal): Promise<void> => {
    seen.push(id);
    const gate = gates.get(id);
    if (gate === undefined) return;
    const stopped = () => {
      gate.reject(new Error('interrupted'));
    };
    signal.addEventListener('abort', stopped);
    await gate.promise;
  };
  return { seen, react, letGo: (name: string) => gates.get(name)?.resolve(undefined) };
};

describe('a reactor', () => {
  it('deals with every event of its streams once, and a checkpoint says so', async () => {
    await commit('a1', 'b1');
    await engine.eventStore.append('other-a', 'any', [sampleEvent('other')]);
    const { seen, react } = recorder();
    const reactor = start(react);
    await eventually('the past', () => seen.length === 2);
    await commit('a2', 'b2');
    await eventually('what comes', () => seen.length === 4);
    await eventually('the checkpoint', async () => (await checkpoint()) === (await positionOf('b2')));
    expect(seen).toStrictEqual(['a1', 'b1', 'a2', 'b2']);
    await reactor.stop();
    expect(reactor.status).toStrictEqual({
      name: 'sample',
      state: 'stopped',
      position: await positionOf('b2'),
      inFlight: 0,
      reacted: 4,
      failedAttempts: 0,
      failing: 0,
      lastFailure: undefined,
      restarts: 0,
    });
    expect(log.entries).toStrictEqual([]);
  });

  it('goes on from its checkpoint after a stop, with nothing twice', async () => {
    const { seen, react } = recorder();
    await commit('a1', 'a2');
    const first = start(react);
    await eventually('both', () => seen.length === 2);
    await first.stop();
    await commit('a3');
    start(react);
    await eventually('the third', () => seen.length === 3);
    expect(seen).toStrictEqual(['a1', 'a2', 'a3']);
  });

  it('keeps the order of each key, and no key waits for another', async () => {
    const { seen, react, letGo } = recorder('a1');
    await commit('a1', 'a2', 'b1', 'c1', 'a3', 'b2');
    start(react);
    await eventually('the others', () => seen.includes('b2'));
    expect(seen).toStrictEqual(['a1', 'b1', 'c1', 'b2']);
    letGo('a1');
    await eventually('the first key', () => seen.includes('a3'));
    expect(seen).toStrictEqual(['a1', 'b1', 'c1', 'b2', 'a2', 'a3']);
  });

  it('keeps an event that comes late behind the one of its key that is in hand', async () => {
    const { seen, react, letGo } = recorder('a1', 'a2');
    await commit('a1', 'a2');
    start(react);
    letGo('a1');
    await eventually('the second', () => seen.includes('a2'));
    await commit('a3', 'b1');
    await eventually('another key', () => seen.includes('b1'));
    letGo('a2');
    await eventually('the third', () => seen.includes('a3'));
    expect(seen).toStrictEqual(['a1', 'a2', 'b1', 'a3']);
  });

  it('never saves a checkpoint beyond an event that is not dealt with', async () => {
    const saved: string[] = [];
    const checkpoints: Checkpoints = {
      load: (name) => engine.checkpoints.load(name),
      save: async (name, position, lease) => {
        saved.push(position);
        await engine.checkpoints.save(name, position, lease);
      },
    };
    const { seen, react, letGo } = recorder('b1');
    await commit('a1', 'b1', 'a2', 'a3');
    const reactor = start(react, { checkpoints });
    await eventually('all but one', () => reactor.status.reacted === 3);
    await eventually('a checkpoint', async () => (await checkpoint()) === (await positionOf('a1')));
    expect(reactor.status).toMatchObject({ position: await positionOf('a1') });
    letGo('b1');
    await eventually('the last checkpoint', async () => (await checkpoint()) === (await positionOf('a3')));
    expect(seen).toStrictEqual(['a1', 'b1', 'a2', 'a3']);
    expect(saved).toStrictEqual([await positionOf('a1'), await positionOf('a3')]);
  });

  it('tries a failing event again until it succeeds, which holds back its own key only and is told of', async () => {
    const attempts: string[] = [];
    const { promise: gate, resolve: open } = Promise.withResolvers<undefined>();
    await commit('a1', 'a2', 'b1');
    const reactor = start(async ({ id }) => {
      attempts.push(id);
      const attempt = attempts.filter((each) => each === 'a1').length;
      if (id === 'a1' && attempt < 3) throw new Error('no stock');
      if (id === 'a1') await gate;
    });
    await eventually('the third attempt', () => attempts.length === 4);
    expect(attempts).toStrictEqual(['a1', 'b1', 'a1', 'a1']);
    const lastFailure = { event: 'SampleHappened thing-a@0', message: 'Error: no stock' };
    expect(reactor.status).toStrictEqual({
      name: 'sample',
      state: 'running',
      position: undefined,
      inFlight: 2,
      reacted: 1,
      failedAttempts: 2,
      failing: 1,
      lastFailure,
      restarts: 0,
    });
    expect(log.entries).toStrictEqual(
      [1, 2].map((attempt) => ({
        level: 'error',
        message: 'sample could not deal with SampleHappened (thing-a revision 0); trying again',
        fields: {
          correlationId: 'correlation of a1',
          err: new Error('no stock'),
          reaction: 'sample',
          type: 'SampleHappened',
          stream: 'thing-a',
          revision: 0,
          eventId: 'a1',
          attempt,
        },
      })),
    );
    open(undefined);
    await eventually('the key goes on', () => attempts.includes('a2'));
    await reactor.stop();
    expect(attempts).toStrictEqual(['a1', 'b1', 'a1', 'a1', 'a2']);
    expect(reactor.status).toMatchObject({ reacted: 3, failing: 0, lastFailure: undefined });
  });

  it('stops at an event it does not know, names it, and a newer program goes on from there', async () => {
    await commit('a1');
    await engine.eventStore.append('thing-a', 'any', [sampleEvent('a2', { type: 'SampleBlessed' })]);
    await commit('a3', 'b1');
    const { seen, react } = recorder();
    const reactTo = (events: Record<string, { current: number }>) =>
      start((event, signal) => {
        upcast(events, event, 'sample');
        return react(event, signal);
      });
    const old = reactTo({ SampleHappened: { current: 1 } });
    await eventually('the other key', () => seen.includes('b1'));
    await eventually('the failure', () => old.status.failing === 1);
    expect(old.status.lastFailure).toStrictEqual({
      event: 'SampleBlessed thing-a@1',
      message:
        'UnknownEvent: sample does not know event SampleBlessed version 1 (thing-a revision 1); ' +
        'it knows SampleHappened. Deploy a reader that does.',
    });
    await old.stop();
    expect(await checkpoint()).toBe(await positionOf('a1'));
    reactTo({ SampleHappened: { current: 1 }, SampleBlessed: { current: 1 } });
    await eventually('the rest', () => seen.includes('a3'));
    expect(seen).toStrictEqual(['a1', 'b1', 'a2', 'b1', 'a3']);
  });

  it('finishes what is in hand when it is stopped, and loses nothing of what it interrupts', async () => {
    const { seen, react } = recorder('b1');
    const { promise: gate, resolve: open } = Promise.withResolvers<undefined>();
    await commit('a1', 'a2', 'b1', 'b2');
    const first = start(async (event, signal) => {
      await react(event, signal);
      // Does not care for the signal: it is waited for.
      if (event.id === 'a1') await gate;
    });
    await eventually('two in hand', () => seen.length === 2);
    const stopped = first.stop();
    open(undefined);
    await stopped;
    expect(seen).toStrictEqual(['a1', 'b1']);
    expect(first.status).toMatchObject({ state: 'stopped', reacted: 1, failedAttempts: 0 });
    expect(await checkpoint()).toBe(await positionOf('a1'));

    const again = recorder();
    start(again.react);
    await eventually('the rest', () => again.seen.length === 3);
    expect(again.seen).toStrictEqual(['a2', 'b1', 'b2']);
  });

  it('takes no more in hand than it can, and stops with full hands', async () => {
    const most = 5_000;
    for (let n = 0; n < most + 10; n += 501) {
      await engine.eventStore.append(
        'thing-a',
        'any',
        Array.from({ length: 501 }, (_, index) => sampleEvent(`${n + index}`)),
      );
    }
    let open: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const first = start(() => gate);
    await eventually('full hands', () => first.status.inFlight === most);
    const stopped = first.stop();
    open?.();
    await stopped;
    expect(first.status).toMatchObject({ reacted: 1 });

    const second = start(() => Promise.resolve());
    await eventually('all', () => second.status.reacted === 5_009);
    await second.stop();
    expect(second.status).toMatchObject({ position: await engine.eventStore.head(), inFlight: 0 });
  });
});

describe('a reactor under its lease', () => {
  it('stands by while another one runs, and takes over where that one stopped', async () => {
    const [one, two] = [recorder(), recorder()];
    const first = start(one.react);
    await eventually('it runs', () => first.status.state === 'running');
    const second = start(two.react, { owner: 'two', ttlMs: 8 });
    await eventually('it stands by', () => second.status.state === 'standby');
    await commit('a1');
    await eventually('the first', () => one.seen.length === 1);
    await first.stop();
    await commit('a2');
    await eventually('the second', () => two.seen.length === 1);
    expect([one.seen, two.seen]).toStrictEqual([['a1'], ['a2']]);
  });

  it('ends its work and saves nothing once the lease has passed to another', async () => {
    const { seen, react } = recorder('a2');
    const name = 'reactor:sample';
    await commit('a1');
    const reactor = start(react);
    await eventually('a checkpoint', async () => (await checkpoint()) === (await positionOf('a1')));
    await engine.leases.release({ name, owner: 'one', token: 1 });
    const thief = await engine.leases.acquire(name, 'thief', 60_000);
    await commit('b1', 'a2');
    await eventually('it stands by', () => reactor.status.state === 'standby');
    expect(thief).toStrictEqual({ name, owner: 'thief', token: 2 });
    expect(seen).toStrictEqual(['a1', 'b1', 'a2']);
    expect(await checkpoint()).toBe(await positionOf('a1'));
    expect(reactor.status).toMatchObject({ restarts: 0, failing: 0 });
  });
});

describe('a fault behind a reactor', () => {
  /** A store whose first subscription delivers what there is and then ends. */
  const endingAfterTheFirst = (end: () => void): ReactorDependencies['store'] => {
    let subscriptions = 0;
    const store = Object.create(engine.eventStore) as ReactorDependencies['store'];
    store.subscribe = (options): Subscription => {
      const subscription = engine.eventStore.subscribe(options);
      if ((subscriptions += 1) > 1) return subscription;
      return {
        ended: subscription.ended,
        close: () => subscription.close(),
        async *[Symbol.asyncIterator]() {
          for await (const delivery of subscription) {
            yield delivery;
            if (delivery.caughtUp) break;
          }
          end();
        },
      };
    };
    return store;
  };

  it.each([
    [
      'fails',
      'connection lost',
      () => {
        throw new Error('connection lost');
      },
    ],
    ['ends unasked', 'The subscription was closed.', () => undefined],
  ])('a subscription that %s is opened again although an event fails', async (_, message, end) => {
    await commit('a1');
    const seen: string[] = [];
    const reactor = start(
      ({ id }) => {
        seen.push(id);
        return id === 'a1' ? Promise.reject(new Error('no stock')) : Promise.resolve();
      },
      { store: endingAfterTheFirst(end) },
    );
    await eventually('the restart', () => reactor.status.restarts === 1);
    await commit('b1');
    await eventually('new events', () => seen.includes('b1'));
    await reactor.stop();
    expect(reactor.status).toMatchObject({ restarts: 1, position: undefined, failing: 0 });
    expect(
      log.entries.filter(({ message: text }) => text.startsWith('reactor:')).map(({ fields }) => fields),
    ).toStrictEqual([{ err: new Error(message), name: 'reactor:sample', faults: 1, waitMs: 0 }]);
  });

  it('in saving the checkpoint is logged, and it is saved later', async () => {
    let faults = 2;
    const checkpoints: Checkpoints = {
      load: (name) => engine.checkpoints.load(name),
      save: (name, position, lease) =>
        (faults -= 1) >= 0
          ? Promise.reject(new Error('disk full'))
          : engine.checkpoints.save(name, position, lease),
    };
    const { react } = recorder();
    await commit('a1');
    start(react, { checkpoints });
    await eventually('the checkpoint', async () => (await checkpoint()) === (await positionOf('a1')));
    expect(log.entries).toStrictEqual(
      [1, 2].map(() => ({
        level: 'warn',
        message: 'The checkpoint could not be saved yet',
        fields: { err: new Error('disk full'), reaction: 'sample' },
      })),
    );
  });

  it('in loading the checkpoint starts it again', async () => {
    let faults = 3;
    const checkpoints: Checkpoints = {
      load: (name) =>
        (faults -= 1) >= 0 ? Promise.reject(new Error('no connection')) : engine.checkpoints.load(name),
      save: (...saving) => engine.checkpoints.save(...saving),
    };
    const { seen, react } = recorder();
    await commit('a1');
    const reactor = start(react, { checkpoints });
    await eventually('it runs', () => seen.length === 1);
    expect(reactor.status.restarts).toBe(3);
  });
});
