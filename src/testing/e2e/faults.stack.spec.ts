import { appendFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
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

// One story on one set of engines: after each fault all goes on as it was.
describe('With four processes, each of one role, and orders all the time', () => {
  let proxy: SlowProxy;
  let kafka: OwnEngine;
  let registry: OwnEngine;
  let mongodb: OwnEngine;
  let eventstore: OwnEngine;
  let site: Site;
  let fleet: Readonly<Record<Role, Program>>;
  let shop: Shop;
  let platform: Platform;
  let load: OrderLoad;
  const acknowledged: string[] = [];
  let isWhole = true;

  beforeEach(() => {
    if (!isWhole) throw new Error('Something that happened before is not over.');
    isWhole = false;
  });

  beforeAll(async () => {
    proxy = new SlowProxy(await freePort());
    kafka = await OwnEngine.reserve('kafka', `127.0.0.1:${proxy.port}`);
    proxy.target = kafka.port;
    registry = await OwnEngine.reserve('registry');
    mongodb = await OwnEngine.reserve('mongodb');
    eventstore = await OwnEngine.reserve('eventstore');
    site = await Site.open({
      engines: {
        KAFKA_BROKERS: `127.0.0.1:${proxy.port}`,
        SCHEMA_REGISTRY_URL: registry.environment['SCHEMA_REGISTRY_URL'] ?? '',
        MONGODB_URL: mongodb.environment['MONGODB_URL'] ?? '',
        EVENTSTORE_URL: eventstore.environment['EVENTSTORE_URL'] ?? '',
      },
    });
    const programs = await Promise.all(
      roles.map(async (role) => [role, await site.program({ ROLES: role })] as const),
    );
    fleet = Object.fromEntries(programs) as Record<Role, Program>;
    shop = new Shop(fleet.api.http);
  });

  const dump = setInterval(() => {
    for (const role of roles) writeFileSync(`/tmp/faults-${role}.log`, fleet[role].output);
  }, 2000);
  afterAll(async () => {
    clearInterval(dump);
    for (const role of roles) writeFileSync(`/tmp/faults-${role}.log`, fleet[role].output);
    await site.clean();
    await Promise.all([kafka, registry, mongodb, eventstore].map((engine) => engine.dispose()));
    await proxy.close();
  });

  const all = (): readonly Program[] => roles.map((role) => fleet[role]);

  it('a program that is started before its engines waits for them', async () => {
    fleet.api.spawn();
    await until('it to say so', () => fleet.api.output.includes('Waiting for an engine') || undefined);
    await proxy.open();
    await Promise.all([kafka, mongodb, eventstore].map((engine) => engine.start()));
    expect([fleet.api.isRunning, await fleet.api.readiness()]).toEqual([true, undefined]);
    await registry.start();
    await until('readiness', async () => {
      if (!fleet.api.isRunning) throw new Error(`The program has ended:\n${fleet.api.output}`);
      return (await fleet.api.readiness()) === 200 || undefined;
    });
    await Promise.all([fleet.process, fleet.projector, fleet.bridge].map((program) => program.start()));
    platform = await site.platform();
    await shop.stocked('FAULTS', 1_000_000);
    isWhole = true;
  });

  afterAll(() => platform.close());

  const say = (t: string) => {
    appendFileSync('/tmp/faults-progress.log', new Date().toISOString() + ' ' + t + '\n');
  };
  /** Everything up to now is published, is in the views, and every order has ended. */
  const drained = async (orders: readonly string[]): Promise<void> => {
    const head = await until('the event store', () => platform.eventStore.head().catch(() => undefined));
    const reached = (position: string | undefined): true | undefined =>
      (position !== undefined && position >= head) || undefined;
    const views = allProjections.map(({ projection: { name } }) => name);
    await Promise.all([
      until('everything to be published', async () => {
        const r = reached(await platform.messageLog.checkpoint('bridge').catch(() => undefined));
        if (r) say('published');
        return r;
      }),
      ...views.map((name) =>
        until(`the view ${name}`, async () => {
          const storage = (await platform.generations.load(name))?.generations.serving?.storage ?? '';
          const c = await platform.views.open({ name: storage, indexes: [] }).checkpoint();
          const r = reached(c);
          if (r) say('view ' + name);
          return r;
        }),
      ),
    ]);
    say('drained but orders');
    for (const orderId of orders) await shop.ended(orderId);
  };

  const recovers = async (fault: string): Promise<void> => {
    const from = performance.now();
    const orders = [...load.acknowledged];
    await drained(orders);
    const seconds = ((performance.now() - from) / 1_000).toFixed(1);
    appendFileSync(
      '/tmp/faults-progress.log',
      new Date().toISOString() + ' ' + `${fault}: recovered ${seconds} s after the engine answered again\n`,
    );
  };

  describe('', () => {
    beforeEach(() => {
      load = new OrderLoad(shop, 'FAULTS');
    });

    afterEach(async () => {
      await load.end();
      acknowledged.push(...load.acknowledged);
      expect(load.unexpected).toEqual([]);
      await drained(load.acknowledged);
      await expectNothingLost();
    });

    const flowing = async (count = 10): Promise<void> => {
      const before = load.acknowledged.length;
      await until(`${count} more orders`, () => load.acknowledged.length >= before + count || undefined);
    };

    it('Kafka stops and is back after 20 s', async () => {
      await flowing();
      await proxy.close();
      await kafka.stop();
      await pause(20_000);
      await proxy.open();
      await kafka.start();
      await recovers('Kafka stopped for 20 s');
    });

    it('Kafka is killed', async () => {
      await flowing();
      await kafka.kill();
      await kafka.start();
      await recovers('Kafka killed');
    });

    it('Kafka is slow, and then does not answer for a while', async () => {
      await flowing();
      proxy.slowness = { piece: 8_192, pauseMs: 300 };
      await pause(8_000);
      proxy.slowness = { piece: 1, pauseMs: 15_000 };
      await pause(12_000);
      proxy.slowness = undefined;
      await recovers('Kafka slow for 8 s, silent for 12 s');
    });

    it.each(['stop', 'kill'] as const)('MongoDB: %s and start', async (end) => {
      await flowing();
      await mongodb[end]();
      await pause(3_000);
      await mongodb.start();
      await recovers(`MongoDB: ${end}`);
    });

    it.each(['stop', 'kill'] as const)('the event store: %s and start', async (end) => {
      await flowing();
      await eventstore[end]();
      await pause(3_000);
      await eventstore.start();
      await recovers(`Event store: ${end}`);
    });

    it('the registry is down: what runs goes on without it', async () => {
      await registry.kill();
      await flowing(30);
      await recovers('Registry down (it stays down)');
      await registry.start();
    });

    it.each(roles)('the %s is killed, three times', async (role) => {
      for (let kill = 0; kill < 3; kill += 1) {
        await flowing(3 + Math.floor(Math.random() * 10));
        await fleet[role].kill();
        await fleet[role].start();
      }
      await recovers(`Role ${role} killed`);
    });
  });

  const engines = {
    kafka: () => kafka,
    mongodb: () => mongodb,
    eventstore: () => eventstore,
    registry: () => registry,
  };

  it.each(Object.keys(engines) as (keyof typeof engines)[])(
    'a stop ends in time while %s is away',
    async (name) => {
      const engine = engines[name]();
      load = new OrderLoad(shop, 'FAULTS');
      await until('orders', () => load.acknowledged.length > 10 || undefined);
      await engine.kill();
      const codes = await Promise.all(
        all().map(async (program) => {
          const from = performance.now();
          const code = await program.stop();
          return [code, Math.round(performance.now() - from)];
        }),
      );
      appendFileSync(
        '/tmp/faults-progress.log',
        new Date().toISOString() + ' ' + `${name} away: stops ${JSON.stringify(codes)}\n`,
      );
      expect(codes.map(([code]) => code)).toEqual(all().map(() => 0));
      await engine.start();
      await Promise.all(all().map((program) => program.start()));
      await load.end();
      acknowledged.push(...load.acknowledged);
      await drained(load.acknowledged);
      await expectNothingLost();
    },
  );

  const expectNothingLost = async (): Promise<void> => {
    const events = await allEvents(platform.eventStore);
    const streams = (...types: readonly string[]): readonly string[] =>
      events.filter(({ type }) => types.includes(type)).map(({ stream }) => stream);
    expect(streams('OrderPlaced').toSorted()).toEqual(acknowledged.map((id) => `order-${id}`).toSorted());
    expect(streams('OrderConfirmed', 'OrderRejected').toSorted()).toEqual(streams('OrderPlaced').toSorted());
    // The other way round through Kafka and a consumer.
    await until('the shipments', async () => {
      const now = await allEvents(platform.eventStore);
      const created = now.filter(({ type }) => type === 'ShipmentCreated').map(({ stream }) => stream);
      return created.length >= streams('OrderConfirmed').length || undefined;
    });
    const created = (await allEvents(platform.eventStore)).filter(({ type }) => type === 'ShipmentCreated');
    expect(created.map(({ stream }) => stream.replace('shipment-', 'order-')).toSorted()).toEqual(
      streams('OrderConfirmed').toSorted(),
    );
    await drained([]);
    await bridgeAgrees();
    await viewsAgree();
    isWhole = true;
  };

  const bridgeAgrees = async (): Promise<void> => {
    const { code, stdout, stderr } = await cli('bridge', ['verify', '--json'], site.settings);
    expect([code, stderr]).toEqual([0, '']);
    const { length } = await allEvents(platform.eventStore);
    expect(bridgeReport.parse(JSON.parse(stdout))).toEqual({
      events: length,
      records: length,
      counts: { gap: 0, duplicate: 0, reordered: 0, foreign: 0, differing: 0 },
      findings: [],
    });
  };

  const viewsAgree = async (): Promise<void> => {
    const { code, stdout, stderr } = await cli('projections', ['verify', '--json'], site.settings);
    expect([code, stderr]).toEqual([0, '']);
    const reports = stdout
      .trim()
      .split('\n')
      .map((line) => viewReport.parse(JSON.parse(line)));
    expect(reports).toEqual(
      allProjections.map(({ projection: { name } }) => ({
        projection: name,
        missing: 0,
        extra: 0,
        changed: 0,
        unjudged: 0,
      })),
    );
  };
});
