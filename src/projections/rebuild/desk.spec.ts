import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../../adapters/embedded/index.js';
import { systemClock } from '../../adapters/embedded/system-clock.js';
import { sampleEvent } from '../../testing/sample-events.js';
import { ProjectionDesk } from './desk.js';

describe('the desk', () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'desk-'));
    engine = openEmbedded({ dataDir });
    await engine.eventStore.append('sample-1', 'absent', [sampleEvent('one')]);
  });

  afterEach(async () => {
    await engine.close();
    await rm(dataDir, { recursive: true });
  });

  it('leaves no storage of a build that is cancelled while somebody else looks at it', async () => {
    const storage = 'inventory_v1_g1';
    const operator = new ProjectionDesk({ ...engine, clock: systemClock });
    await operator.rebuild('inventory');
    engine.views.open({ name: storage, indexes: [] });
    let isBetween = true;
    const onlooker = new ProjectionDesk({
      ...engine,
      clock: systemClock,
      views: {
        open: (definition) => engine.views.open(definition),
        drop: (name) => engine.views.drop(name),
        names: async () => {
          const names = await engine.views.names();
          if (isBetween) {
            isBetween = false;
            await operator.cancel('inventory');
          }
          return names;
        },
      },
    });
    expect(await onlooker.one('inventory')).toMatchObject({ phase: 'replaying', build: { storage } });
    expect(await engine.views.names()).toStrictEqual([]);
    expect(await onlooker.one('inventory')).toMatchObject({ phase: 'unbuilt', build: null });
  });
});
