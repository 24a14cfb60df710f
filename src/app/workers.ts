import { type INestApplicationContext } from '@nestjs/common';
import { Bridge, type BridgeStatus } from '../bridge/bridge.js';
import { ConsumerRunner, type ConsumerStatus } from '../consumers/runtime.js';
import { JobRunner } from '../execution/periodic-job.js';
import { Reactor, type ReactorStatus } from '../execution/reactor.js';
import { type Metrics } from '../adapters/observed/metrics.js';
import { type Tracing } from '../adapters/observed/tracing.js';
import { type Message } from '../ports/message-log.js';
import { projectionsOf } from '../projections/all.js';
import { type ProjectionKeeper } from '../projections/keeper.js';
import { type ProjectionStatus } from '../projections/runner.js';
import { ServingViews } from '../projections/serving-views.js';
import { Decoder } from '../wire/decoder.js';
import { type Config } from './config.js';
import { type Platform } from './platform.js';
import { BusinessFigures } from './observe/business.js';
import { tracedConsumer, tracedReaction } from './observe/traces.js';
import { keeperFor } from './rebuild/keeper-for.js';
import { serviceParts } from './services.js';

/** What runs in this process beside HTTP: the projections, reactions and jobs of its roles and services. */
export class Workers {
  private readonly projections: ProjectionKeeper | undefined;
  private readonly reactors: readonly Reactor[];
  private readonly consumers: readonly ConsumerRunner[];
  private readonly jobs: readonly JobRunner[];
  private readonly bridge: Bridge | undefined;
  private readonly figures: BusinessFigures | undefined;

  constructor(
    context: INestApplicationContext,
    platform: Platform,
    config: Config,
    metrics: Metrics | undefined,
    tracing: Tracing,
  ) {
    const { eventStore, checkpoints, leases, owner, logger } = platform;
    const leadership = { leases, owner, ttlMs: config.LEASE_TTL_MS, logger };
    const processes = config.ROLES.includes('process')
      ? config.SERVICES.map((name) => serviceParts[name])
      : [];
    const served = context.get(ServingViews);

    this.projections = config.ROLES.includes('projector')
      ? keeperFor(projectionsOf(config.SERVICES), platform, config)
      : undefined;
    this.projections?.onAdvance((storage, position) => {
      served.advanced(storage, position);
    });
    this.reactors = processes
      .flatMap(({ reactions }) => reactions.flatMap((type) => context.get(type).reactions()))
      .map(
        (reaction) =>
          new Reactor(tracedReaction(reaction, tracing), { ...leadership, store: eventStore, checkpoints }),
      );
    const decoder = new Decoder(platform.schemaRegistry);
    const settings = {
      attempts: config.CONSUMER_ATTEMPTS,
      firstPauseMs: config.CONSUMER_FIRST_PAUSE_MS,
      sessionTimeoutMs: config.LEASE_TTL_MS,
    };
    this.consumers = processes
      .flatMap(({ consumers }) => consumers.flatMap((type) => context.get(type).consumers()))
      .map((consumer) => {
        const decode = (message: Message) => decoder.decodeMessage(message);
        const ports = { ...platform, log: platform.messageLog, decode };
        return new ConsumerRunner(tracedConsumer(consumer, tracing), ports, settings);
      });
    this.jobs = processes
      .flatMap(({ jobs }) => jobs.map((type) => context.get(type)))
      .map((job) => new JobRunner(job, leadership));
    this.bridge = config.ROLES.includes('bridge')
      ? new Bridge({
          ...platform,
          ...leadership,
          unpublishable: config.UNPUBLISHABLE_EVENTS,
          verifyEveryMs: config.VERIFY_EVERY_SECONDS * 1_000,
        })
      : undefined;
    this.figures =
      metrics !== undefined && config.ROLES.includes('process') && config.SERVICES.includes('order')
        ? new BusinessFigures({ ...leadership, eventStore, checkpoints }, metrics)
        : undefined;
  }

  start(): void {
    for (const worker of this.all()) worker.start();
  }

  /** Each finishes what it has in hand. */
  async stop(): Promise<void> {
    await Promise.all(this.all().map((worker) => worker.stop()));
  }

  get status(): {
    readonly projections: readonly ProjectionStatus[];
    readonly reactions: readonly ReactorStatus[];
    readonly bridge: BridgeStatus | null;
    readonly consumers: readonly ConsumerStatus[];
  } {
    return {
      projections: this.projections?.status ?? [],
      reactions: this.reactors.map(({ status }) => status),
      bridge: this.bridge?.status ?? null,
      consumers: this.consumers.map(({ status }) => status),
    };
  }

  private all() {
    return [
      ...(this.projections ? [this.projections] : []),
      ...this.reactors,
      ...this.consumers,
      ...this.jobs,
      ...(this.bridge ? [this.bridge] : []),
      ...(this.figures ? [this.figures] : []),
    ];
  }
}
