import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { EVENT_STORE } from '../execution/tokens.js';
import { EventStreams } from '../http/event-streams.js';
import { type EventStore } from '../ports/event-store.js';
import { isDegraded } from '../bridge/bridge.js';
import { type Workers } from './workers.js';

/** Where the process stands between start and stop. */
export class Lifecycle {
  phase: 'starting' | 'ready' | 'stopping' = 'starting';
  workers: Workers | undefined;
}

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(
    private readonly lifecycle: Lifecycle,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    private readonly streams: EventStreams,
  ) {}

  /** The process is there; restarting it would not help anything else. */
  @Get('live')
  live() {
    return { status: 'live' };
  }

  /**
   * The process may be sent requests. What fails or is tried again in the background is told of here and does not take
   * the rest of the service away: `degraded`.
   */
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const { phase, workers } = this.lifecycle;
    if (phase !== 'ready') {
      void reply.status(503);
      return { status: phase };
    }
    const head = (await this.store.head()) ?? null;
    const work = workers?.status ?? { projections: [], reactions: [], consumers: [], bridge: null };
    const degraded =
      (work.bridge !== null && isDegraded(work.bridge)) ||
      work.projections.some(({ state }) => state === 'failed' || state === 'restarting') ||
      work.reactions.some(({ state, failing }) => state === 'restarting' || failing > 0) ||
      work.consumers.some(({ state, parked }) => state === 'restarting' || parked.failed > 0);
    return { status: degraded ? 'degraded' : 'ready', head, ...work, streams: this.streams.status };
  }
}
