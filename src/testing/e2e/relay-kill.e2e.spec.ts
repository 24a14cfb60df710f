import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { findingKinds } from '../../bridge/verification.js';
import { faultPoints } from '../../app/fault-points.js';
import { type Platform } from '../../app/platform.js';
import { until } from '../until.js';
import { cli } from './cli.js';
import { type Program, Site } from './program.js';
import { Shop } from './shop.js';

const report = z.object({
  events: z.int(),
  records: z.int(),
  counts: z.record(z.enum(findingKinds), z.int()),
  findings: z.array(z.unknown()),
});

/** Real engines share the machine with the program, and a start takes it seconds. */
const [killsAtPoint, killsAtRandom, thinkMs] = Site.isEmbedded ? [[1, 2, 3], 30, 0] : [[1, 2], 8, 100];

describe('The relay', () => {
  let site: Site;
  let shopProgram: Program;
  let shop: Shop;
  let engine: Platform;

  beforeEach(async () => {
    site = await Site.open();
    shopProgram = await site.start({ ROLES: 'api,process,projector', LOG_LEVEL: 'silent' });
    shop = new Shop(shopProgram.http);
    await shop.stocked('RELAY', 1_000_000);
    // A second process on the same file may look.
    engine = await site.platform();
  });

  afterEach(async () => {
    await engine.close();
    await site.clean();
  });

  const relay = (settings: Record<string, string> = {}): Promise<Program> =>
    site.program({ ROLES: 'bridge', LOG_LEVEL: 'silent', ...settings });

  const orders = async (count: number): Promise<void> => {
    await Promise.all(Array.from({ length: count }, () => shop.place({ RELAY: 1 })));
  };

  /** Orders without end, until told to stop. */
  const underLoad = async (work: () => Promise<void>): Promise<void> => {
    let over = false;
    const client = async (): Promise<void> => {
      while (!over) {
        await shop.place({ RELAY: 1 });
        await pause(thinkMs);
      }
    };
    const clients = Promise.all(Array.from({ length: 4 }, client));
    try {
      await work();
    } finally {
      over = true;
      await clients;
    }
  };

  const published = async (): Promise<void> => {
    const head = await engine.eventStore.head();
    await until('everything to be published', async () => {
      const position = await engine.messageLog.checkpoint('bridge');
      return position !== undefined && head !== undefined && position >= head ? true : undefined;
    });
  };

  const verified = async () => {
    const { code, stdout, stderr } = await cli('bridge', ['verify', '--json'], site.settings);
    expect(stderr).toBe('');
    return { code, ...report.parse(JSON.parse(stdout)) };
  };

  const clean = (events: number) => ({
    code: 0,
    events,
    records: events,
    counts: { gap: 0, duplicate: 0, reordered: 0, foreign: 0, differing: 0 },
    findings: [],
  });

  it.each(faultPoints)(
    'killed at %s goes on where it was: nothing missing, doubled or out of order',
    async (point) => {
      await orders(20);
      for (const nth of killsAtPoint) {
        const doomed = await relay({ FAULT_POINT: `${point}:${nth}` });
        doomed.spawn();
        await orders(10);
        // It may have to be given more to do before it gets there.
        await until(
          'the kill',
          async () => {
            if (!doomed.isRunning) return true;
            await orders(1);
            return undefined;
          },
          Math.max(20, thinkMs),
        );
        expect(await doomed.ended()).toBeNull();
        await doomed.clean();
      }
      await (await relay()).start();
      await orders(5);
      await published();
      const result = await verified();
      expect(result).toEqual(clean(result.events));
      expect(result.events).toBeGreaterThan(100);
    },
  );

  it(`killed ${killsAtRandom} times at random under load has published everything once, in order`, async () => {
    await underLoad(async () => {
      for (let kill = 0; kill < killsAtRandom; kill += 1) {
        const before = await engine.messageLog.checkpoint('bridge');
        const doomed = await relay();
        doomed.spawn();
        await until('it to publish', async () => {
          const now = await engine.messageLog.checkpoint('bridge');
          return now === before ? undefined : true;
        });
        await pause(Math.random() * 500);
        await doomed.clean(); // with -9
      }
    });
    await (await relay()).start();
    await published();
    const result = await verified();
    expect(result).toEqual(clean(result.events));
  }, 300_000);

  it('paused beyond its lease is succeeded, and cannot write when it comes back', async () => {
    const paused = await (await relay({ LEASE_TTL_MS: '500' })).start();
    await underLoad(async () => {
      await published();
      await paused.suspend();
      const successor = await (await relay({ LEASE_TTL_MS: '500' })).start();
      await published();
      paused.signal('SIGCONT');
      await orders(50);
      await until('the first one to stand by', async () => {
        const { body } = await paused.http.get('/health/ready');
        return z
          .looseObject({ bridge: z.looseObject({ relay: z.looseObject({ state: z.literal('standby') }) }) })
          .safeParse(body).success
          ? true
          : undefined;
      });
      expect(successor.isRunning).toBe(true);
    });
    await published();
    const result = await verified();
    expect(result).toEqual(clean(result.events));
  });
});
