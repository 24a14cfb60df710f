import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { type Role, roles } from '../../app/config.js';
import { type Platform } from '../../app/platform.js';
import { findingKinds } from '../../bridge/verification.js';
import { allProjections } from '../../projections/all.js';
import { OwnEngine } from '../own-engine.js';
import { SlowProxy } from '../slow-proxy.js';
import { until } from '../until.js';
import { cli } from './cli.js';
import { OrderLoad } from './order-load.js';
import { freePort, type Program, Site } from './program.js';
import { Shop } from './shop.js';
import { allEvents } from './stored.js';

const bridgeReport = z.object({
  events: z.int(),
  records: z.int(),
  counts: z.record(z.enum(findingKinds), z.int()),
  findings: z.array(z.unknown()),
});

const viewReport = z.object({
  projection: z.string(),
  missing: z.int(),
  extra: z.int(),
  changed: z.int(),
  unjudged: z.int(),
});

// One story on one set of engines: after each fault all goes on as before it, and from time to time all is compared.
describe('Four processes, each of one role, while orders come all the time', () => {
  let proxy: SlowProxy;
  let kafka: OwnEngine;
  let registry: OwnEngine;
  let mongodb: OwnEngine;
  let eventstore: OwnEngine;
  let site: Site;
  let fleet: Readonly<Record<Role, Program>>;
  let shop: Shop;
  let platform: Platform;
  /** Ids of all orders. */
  const acknowledged: string[] = [];
  /** Nothing is missing, and all runs. What comes after a failure could not tell anything. */
  let isWhole = true;

  beforeAll(async () => {
    proxy = new SlowProxy(await freePort());
    kafka = await OwnEngine.reserve('kafka', `127.0.0.1:${proxy.port}`);
    proxy.target = kafka.port;
    registry = await OwnEngine.reserve('registry');
    mongodb = await OwnEngine.reserve('mongodb');
    eventstore = await OwnEngine.reserve('eventstore');
    const engines = {
      KAFKA_BROKERS: `127.0.0.1:${proxy.port}`,
      SCHEMA_REGISTRY_URL: registry.environment['SCHEMA_REGISTRY_URL'] ?? '',
      MONGODB_URL: mongodb.environment['MONGODB_URL'] ?? '',
      EVENTSTORE_URL: eventstore.environment['EVENTSTORE_URL'] ?? '',
    };
    site = await Site.open({ engines });
    fleet = {
      api: await site.program({ ROLES: 'api' }),
      process: await site.program({ ROLES: 'process' }),
      projector: await site.program({ ROLES: 'projector' }),
      bridge: await site.program({ ROLES: 'bridge' }),
    };
    shop = new Shop(fleet.api.http);
  });

  afterAll(async () => {
    await platform.close();
    await site.clean();
    await Promise.all([kafka, registry, mongodb, eventstore].map((engine) => engine.dispose()));
    await proxy.close();
  });

  const all = (): readonly Program[] => roles.map((role) => fleet[role]);

  /** Everything up to now is published and in the views, and these orders have ended. */
  const drained = async (orders: readonly string[]): Promise<void> => {
    const head = await until('the event store', () => platform.eventStore.head().catch(() => undefined));
    const reached = (position: string | undefined): true | undefined =>
      (position !== undefined && position >= head) || undefined;
    const ofView = async (name: string): Promise<true | undefined> => {
      const storage = (await platform.generations.load(name))?.generations.serving?.storage ?? '';
      return reached(await platform.views.open({ name: storage, indexes: [] }).checkpoint());
    };
    await Promise.all([
      until('everything to be published', async () =>
        reached(await platform.messageLog.checkpoint('bridge').catch(() => undefined)),
      ),
      ...allProjections.map(({ projection: { name } }) => until(`the view ${name}`, () => ofView(name))),
    ]);
    for (const orderId of orders) await shop.ended(orderId);
  };

  /** What is left to do now is done. The time that this takes is printed: it says more of the machine than of the system. */
  const recovered = async (from: string, { acknowledged: orders }: OrderLoad): Promise<void> => {
    const start = performance.now();
    await drained([...orders]);
    const seconds = ((performance.now() - start) / 1_000).toFixed(1);
    process.stdout.write(`Recovered ${seconds} s after the end of: ${from}\n`);
  };

  /** Orders come all the while. In the end each has ended, and is published and in the views. */
  const throughout = async (work: (load: OrderLoad) => Promise<void>): Promise<void> => {
    if (!isWhole) throw new Error('It is not over with a failure that came before.');
    isWhole = false;
    const load = new OrderLoad(shop, 'FAULTS');
    try {
      await load.more(10);
      await work(load);
    } finally {
      await load.end();
    }
    expect(load.unexpected).toEqual([]);
    acknowledged.push(...load.acknowledged);
    await drained(load.acknowledged);
    isWhole = true;
  };

  const awayTwice = (engine: OwnEngine, name: string): Promise<void> =>
    throughout(async (load) => {
      for (const end of ['stop', 'kill'] as const) {
        await engine[end]();
        await pause(5_000);
        await engine.start();
        await recovered(`${name} away for 5 s (${end})`, load);
      }
    });

  /** Nothing is missing, doubled or different anywhere. It takes long: once for each engine, and for the roles. */
  const allAgree = async (): Promise<void> => {
    if (!isWhole) throw new Error('It is not over with a failure that came before.');
    await ordersEndedOnce();
    await drained([]);
    await bridgeAgrees();
    await viewsAgree();
  };

  const ordersEndedOnce = async (): Promise<void> => {
    const streams = async (...types: readonly string[]): Promise<readonly string[]> => {
      const events = await allEvents(platform.eventStore);
      return events
        .filter(({ type }) => types.includes(type))
        .map(({ stream }) => stream)
        .toSorted();
    };
    const placed = acknowledged.map((id) => `order-${id}`).toSorted();
    expect(await streams('OrderPlaced')).toEqual(placed);
    expect(await streams('OrderConfirmed', 'OrderRejected')).toEqual(placed);
    // What a consumer has made of that comes by way of Kafka.
    const shipped = (await streams('OrderConfirmed')).map((name) => name.replace('order-', 'shipment-'));
    const created = await until('all shipments', async () => {
      const found = await streams('ShipmentCreated');
      return found.length >= shipped.length ? found : undefined;
    });
    expect(created).toEqual(shipped);
  };

  const bridgeAgrees = async (): Promise<void> => {
    const { code, stdout, stderr } = await cli('bridge', ['verify', '--json'], site.settings);
    const { length } = await allEvents(platform.eventStore);
    expect([code, stderr, bridgeReport.parse(JSON.parse(stdout))]).toEqual([
      0,
      '',
      {
        events: length,
        records: length,
        counts: { gap: 0, duplicate: 0, reordered: 0, foreign: 0, differing: 0 },
        findings: [],
      },
    ]);
  };

  const viewsAgree = async (): Promise<void> => {
    const { code, stdout } = await cli('projections', ['verify', '--json'], site.settings);
    const reports = stdout.trim().split('\n');
    expect([code, reports.map((line) => viewReport.parse(JSON.parse(line)))]).toEqual([
      0,
      allProjections.map(({ projection: { name: projection } }) => ({
        ...{ projection, missing: 0, extra: 0, changed: 0, unjudged: 0 },
      })),
    ]);
  };

  it('are started before their engines, and serve when these are there', async () => {
    isWhole = false;
    fleet.api.spawn();
    await until('it to say that it waits', () => fleet.api.output.includes('Waiting') || undefined);
    await proxy.open();
    await Promise.all([kafka, mongodb, eventstore].map((engine) => engine.start()));
    expect([fleet.api.isRunning, await fleet.api.readiness()]).toEqual([true, undefined]);
    await registry.start();
    await until('readiness', async () => {
      if (!fleet.api.isRunning) throw new Error(`The program has ended:\n${fleet.api.output}`);
      return (await fleet.api.readiness()) === 200 || undefined;
    });
    await Promise.all(
      ['process' as const, 'projector' as const, 'bridge' as const].map((role) => fleet[role].start()),
    );
    platform = await site.platform();
    await shop.stocked('FAULTS', 1_000_000);
    isWhole = true;
  });

  it('go on after Kafka has been stopped for 20 s', () =>
    throughout(async (load) => {
      await proxy.close();
      await kafka.stop();
      await pause(20_000);
      await proxy.open();
      await kafka.start();
      await recovered('Kafka stopped for 20 s', load);
    }));

  it('go on after Kafka has been killed', () =>
    throughout(async (load) => {
      await kafka.kill();
      await kafka.start();
      await recovered('Kafka killed', load);
    }));

  it('go on after Kafka has been slow, and silent', () =>
    throughout(async (load) => {
      proxy.slowness = { piece: 8_192, pauseMs: 300 };
      await pause(8_000);
      // Longer than any request to Kafka is waited for.
      proxy.slowness = { piece: 1, pauseMs: 15_000 };
      await pause(15_000);
      proxy.slowness = undefined;
      await recovered('Kafka slow for 8 s and silent for 15 s', load);
    }));

  it('agree after the faults of Kafka: orders, events, topics and views', allAgree);

  it('go on after MongoDB has been stopped, and killed', () => awayTwice(mongodb, 'MongoDB'));

  it('agree after those of MongoDB: orders, events, topics and views', allAgree);

  it('go on after the event store has been stopped, and killed', () => awayTwice(eventstore, 'Event store'));

  it('do not need the registry for what they know', async () => {
    await throughout(async (load) => {
      await registry.kill();
      await load.more(20);
      await recovered('the registry killed (it stays away)', load);
      await registry.start();
    });
  });

  it('agree after those of event store and registry: orders, events, topics and views', allAgree);

  it.each(roles)('go on after that of the role %s has been killed three times', (role) =>
    throughout(async (load) => {
      for (let kill = 0; kill < 3; kill += 1) {
        await load.more(3 + Math.floor(Math.random() * 5));
        await fleet[role].kill();
        await fleet[role].start();
      }
      await recovered(`${role} killed three times`, load);
    }),
  );

  it('agree after the kills: orders, events, topics and views', allAgree);

  it('end in time when they are told to while an engine is away', () =>
    throughout(async (load) => {
      for (const engine of [kafka, mongodb, eventstore, registry]) {
        await load.more(5);
        await engine.kill();
        const ends = all().map(async (program) => {
          const start = performance.now();
          const code = await program.stop();
          process.stdout.write(`Stopped after ${Math.round(performance.now() - start)} ms: ${code}\n`);
          return code;
        });
        expect(await Promise.all(ends)).toEqual(all().map(() => 0));
        await engine.start();
        await Promise.all(all().map((program) => program.start()));
      }
    }));

  it('agree after all of it: orders, events, topics and views', allAgree);
});
