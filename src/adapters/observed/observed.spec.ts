import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type NewEvent } from '../../kernel/envelope.js';
import { ConcurrencyConflict } from '../../ports/event-store.js';
import { openEmbedded } from '../embedded/index.js';
import { ObservedEventStore } from './event-store.js';
import { ObservedLeases } from './leases.js';
import { Metrics } from './metrics.js';

const event = (id: string): NewEvent => ({
  ...{ id, type: 'StockReceived', version: 1, data: { sku: 'tea', quantity: 1, reference: null } },
  metadata: {
    ...{ correlationId: 'c', causationId: 'c', commandId: id, actor: 'tester' },
    occurredAt: '2026-01-02T03:04:05.678Z',
  },
});

describe('What is observed', () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;
  let metrics: Metrics;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'observed-'));
    engine = openEmbedded({ dataDir });
    metrics = new Metrics();
  });
  afterEach(async () => {
    await engine.close();
    await rm(dataDir, { recursive: true });
  });

  /** The samples of the metric, without its buckets and times. */
  const samples = async (name: string): Promise<readonly string[]> =>
    (await metrics.text())
      .split('\n')
      .filter((line) => line.startsWith(name) && !/_bucket|_sum|_created/.test(line));

  it('appends tell what was appended, and what lost against others', async () => {
    const store = new ObservedEventStore(engine.eventStore, metrics);
    await store.append('inventory-tea', 'absent', [event('1'), event('2')]);
    await expect(store.append('inventory-tea', 'absent', [event('3')])).rejects.toThrow(ConcurrencyConflict);
    await store.readStream('inventory-tea');
    expect(await samples('commerce_')).toEqual([
      'commerce_append_duration_seconds_count{outcome="appended"} 1',
      'commerce_append_duration_seconds_count{outcome="conflict"} 1',
      'commerce_events_appended_total{type="StockReceived"} 2',
      'commerce_append_conflicts_total{category="inventory"} 1',
      'commerce_stream_read_duration_seconds_count{outcome="read"} 1',
    ]);
  });

  it('leases tell when they are taken and lost, not that they are kept', async () => {
    const leases = new ObservedLeases(engine.leases, metrics);
    const lease = await leases.acquire('projection:sales_v1_g1', 'one', 60_000);
    await leases.acquire('projection:sales_v1_g1', 'one', 60_000);
    expect(lease && (await leases.renew(lease, 60_000))).toBe(true);
    if (lease !== undefined) await leases.release(lease);
    expect(lease && (await leases.renew(lease, 60_000))).toBe(false);
    expect(await samples('commerce_')).toEqual([
      'commerce_lease_changes_total{kind="projection",change="taken"} 1',
      'commerce_lease_changes_total{kind="projection",change="lost"} 1',
    ]);
  });
});
