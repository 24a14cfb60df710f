import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { fastify } from 'fastify';
import { type Counter, type Gauge } from 'prom-client';
import { type Durations, Metrics, type Reading } from '../../src/adapters/observed/metrics.js';
import { Tracing } from '../../src/adapters/observed/tracing.js';
import { AppModule } from '../../src/app/app.module.js';
import { readConfig } from '../../src/app/config.js';
import { Lifecycle } from '../../src/app/health.controller.js';
import { observeBuses } from '../../src/app/observe/buses.js';
import { observeAdmission, observeRequests } from '../../src/app/observe/requests.js';
import { observeTraces } from '../../src/app/observe/traces.js';
import { observeWork } from '../../src/app/observe/work.js';
import { openPlatform } from '../../src/app/platform.js';
import { Workers } from '../../src/app/workers.js';
import { Admission } from '../../src/http/admission.js';
import { logbook } from '../../src/execution/testing/logbook.js';

/** What is told of a metric besides its values. */
export interface Description {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
}

/** Metrics that remember which labels they were made with, for not every metric has a sample to show them. */
class DescribedMetrics extends Metrics {
  readonly made = new Map<string, Description>();

  override counter(name: string, help: string, labels: readonly string[] = []): Counter {
    this.made.set(name, { type: 'counter', labels, help });
    return super.counter(name, help, labels);
  }

  override counted(
    name: string,
    help: string,
    labels: readonly string[],
    read: () => readonly Reading[],
  ): void {
    this.made.set(name, { type: 'counter', labels, help });
    super.counted(name, help, labels, read);
  }

  override gauge(name: string, help: string, labels: readonly string[] = []): Gauge {
    this.made.set(name, { type: 'gauge', labels, help });
    return super.gauge(name, help, labels);
  }

  override measured(
    name: string,
    help: string,
    labels: readonly string[],
    read: () => readonly Reading[] | Promise<readonly Reading[]>,
  ): void {
    this.made.set(name, { type: 'gauge', labels, help });
    super.measured(name, help, labels, read);
  }

  override durations(
    name: string,
    help: string,
    labels: readonly string[],
    range: 'short' | 'long' = 'short',
  ): Durations {
    this.made.set(name, { type: 'histogram', labels, help });
    return super.durations(name, help, labels, range);
  }
}

/**
 * The metrics of a process that does everything, as it makes them itself, and the text that it shows. It is put together
 * and not started.
 */
export const programMetrics = async (): Promise<{
  readonly own: ReadonlyMap<string, Description>;
  readonly text: string;
}> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'monitoring-'));
  const config = readConfig({ DATA_DIR: dataDir });
  const metrics = new DescribedMetrics();
  const platform = await openPlatform(config, logbook().logger, { metrics });
  try {
    const context = await NestFactory.createApplicationContext(
      AppModule.of(config, platform, new Lifecycle(config)),
      { logger: false, abortOnError: false },
    );
    observeRequests(fastify(), metrics);
    observeAdmission(
      new Admission({ inHand: 1, waiting: 1, patienceMs: 1, bodyBytes: 1 }, logbook().logger),
      metrics,
    );
    observeBuses(context, metrics);
    observeTraces({ lost: () => 0 }, metrics);
    observeWork(new Workers(context, platform, config, metrics, new Tracing()), platform, config, metrics);
    metrics.ofRuntime();
    const text = await metrics.text();
    await context.close();
    return { own: metrics.made, text };
  } finally {
    await platform.close();
    await rm(dataDir, { recursive: true });
  }
};
