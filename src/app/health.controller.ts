import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { EVENT_STORE, GENERATIONS } from '../execution/tokens.js';
import { AllowsEverybody } from '../http/access.js';
import * as contract from '../http/contract.js';
import { Answers } from '../http/input.js';
import { EventStreams } from '../http/event-streams.js';
import { type EventStore } from '../ports/event-store.js';
import { type IssuerStatus, type TokenVerifier } from '../ports/token-verifier.js';
import { type Generations } from '../ports/generations.js';
import { isDegraded } from '../bridge/bridge.js';
import { projectionsOf } from '../projections/all.js';
import { readable } from '../projections/rebuild/generations.js';
import { type Config } from './config.js';
import { type Workers } from './workers.js';

/** Where the process stands between start and stop. */
export class Lifecycle {
  phase: 'starting' | 'ready' | 'stopping' = 'starting';
  workers: Workers | undefined;

  constructor(
    readonly config: Pick<Config, 'ROLES' | 'SERVICES'>,
    private readonly verifier?: TokenVerifier,
  ) {}

  /** null when nobody is asked who he is. */
  get issuer(): IssuerStatus | null {
    return this.verifier?.status ?? null;
  }
}

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(
    private readonly lifecycle: Lifecycle,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(GENERATIONS) private readonly generations: Generations,
    private readonly streams: EventStreams,
  ) {}

  /** The process is there; restarting it would not help anything else. */
  @Get('live')
  @ApiOperation({ summary: 'Whether the process answers' })
  @AllowsEverybody()
  @Answers(200, contract.health)
  live() {
    return { status: 'live' };
  }

  /**
   * The process may be sent requests. What fails or is tried again in the background is told of here and does not take
   * the rest of the service away: `degraded`. `building`: the queries of a view cannot be answered here before its new
   * version is built, while processes with the version before can answer them.
   */
  @Get('ready')
  @ApiOperation({
    summary: 'Whether it is ready, and how far its views, reactions, consumers and bridge are',
  })
  @AllowsEverybody()
  @Answers(200, contract.health)
  @Answers(503, contract.health)
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const { phase, workers } = this.lifecycle;
    if (phase !== 'ready') {
      void reply.status(503);
      return { status: phase };
    }
    const { building, failedBuilds } = await this.views();
    if (building.length > 0) {
      void reply.status(503);
      return { status: 'building', building };
    }
    const head = (await this.store.head()) ?? null;
    const work = workers?.status ?? { projections: [], reactions: [], consumers: [], bridge: null };
    const { issuer } = this.lifecycle;
    const degraded =
      issuer?.keys === 'missing' ||
      failedBuilds.length > 0 ||
      (work.bridge !== null && isDegraded(work.bridge)) ||
      work.projections.some(({ state }) => state === 'failed' || state === 'restarting') ||
      work.reactions.some(({ state, failing }) => state === 'restarting' || failing > 0) ||
      work.consumers.some(({ state, parked }) => state === 'restarting' || parked.failed > 0);
    return {
      status: degraded ? 'degraded' : 'ready',
      head,
      ...work,
      failedBuilds,
      issuer,
      streams: this.streams.status,
    };
  }

  /** Views of this process's services, by name. */
  private async views() {
    const { ROLES, SERVICES } = this.lifecycle.config;
    const projections = projectionsOf(SERVICES);
    const entries = await Promise.all(
      projections.map(async ({ name, version }) => ({
        name,
        version,
        generations: (await this.generations.load(name))?.generations,
      })),
    );
    const isServedElsewhere = ({ version, generations }: (typeof entries)[number]): boolean =>
      generations !== undefined &&
      generations.serving !== null &&
      readable(generations, version) === undefined;
    const named = (of: typeof entries): readonly string[] => of.map(({ name }) => name);
    return {
      building: ROLES.includes('api') ? named(entries.filter(isServedElsewhere)) : [],
      failedBuilds: named(entries.filter(({ generations }) => generations?.build?.phase === 'failed')),
    };
  }
}
