import { Controller, Get, HttpCode, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { z } from 'zod';
import { Allows } from '../../http/access.js';
import * as contract from '../../http/contract.js';
import { EventStreams } from '../../http/event-streams.js';
import { Exchange, Http, refusalOf } from '../../http/exchange.js';
import { Answers, AnswersEvents, JsonBody, PathParam } from '../../http/input.js';
import { isRejection } from '../../kernel/rejection.js';
import { type DeskRefusal, mostParallel, ProjectionDesk, type ViewStatus } from './desk.js';
import { switchesNamed, toDetails, toOverview } from './projection-documents.js';
import { ProjectionFeed } from './projection-feed.js';

const projectionName = z.string().min(1).max(100);

const nothing = z.strictObject({});

const rebuildBody = z.strictObject({
  /** Partitions of the replay. */
  parallel: z.int().min(1).max(mostParallel).optional(),
  switch: contract.rebuildSwitches.default('when-equal'),
  /** The version that must be serving. */
  fromVersion: z.int().min(1).optional(),
});

@ApiTags('operations')
@Controller('api/ops/projections')
export class ProjectionsController {
  constructor(
    private readonly desk: ProjectionDesk,
    private readonly feed: ProjectionFeed,
    private readonly streams: EventStreams,
  ) {}

  @Get()
  @ApiOperation({ summary: 'All views and their generations' })
  @Allows('operator')
  @Answers(200, contract.projections)
  async list() {
    return toOverview(await this.desk.overview());
  }

  @Get('stream')
  @ApiOperation({ summary: 'All views, pushed whenever they change' })
  @Allows('operator')
  @AnswersEvents('projections', contract.projections)
  stream(@Http() http: Exchange, @Res() reply: FastifyReply): void {
    const stream = this.streams.admit(reply.raw, http.caller);
    stream.whenClosed(this.feed.listen(stream));
    if (reply.request.method === 'HEAD') stream.end();
    reply.hijack();
    this.streams.begin(stream);
  }

  @Get(':name')
  @ApiOperation({ summary: 'A view, its generations and their differences' })
  @Allows('operator')
  @Answers(200, contract.projection)
  async show(@PathParam('name', projectionName) name: string) {
    return shown(await this.desk.one(name));
  }

  @Post(':name/rebuild')
  @ApiOperation({ summary: 'Build a view anew beside the one that serves' })
  @Allows('operator')
  @HttpCode(202)
  @Answers(202, contract.projection)
  async rebuild(
    @PathParam('name', projectionName) name: string,
    @JsonBody(rebuildBody) { switch: when, ...options }: z.infer<typeof rebuildBody>,
    @Http() http: Exchange,
  ) {
    const status = shown(await this.desk.rebuild(name, { ...options, switches: switchesNamed(when) }));
    http.answerAt(`/api/ops/projections/${name}`, 202);
    return status;
  }

  @Post(':name/switch')
  @ApiOperation({ summary: 'Let the generation that waits take over' })
  @Allows('operator')
  @HttpCode(202)
  @Answers(202, contract.projection)
  async switch(@PathParam('name', projectionName) name: string, @JsonBody(nothing) _: object) {
    return shown(await this.desk.switch(name));
  }

  @Post(':name/resume')
  @ApiOperation({ summary: 'Go on with a build that failed' })
  @Allows('operator')
  @HttpCode(202)
  @Answers(202, contract.projection)
  async resume(@PathParam('name', projectionName) name: string, @JsonBody(nothing) _: object) {
    return shown(await this.desk.resume(name));
  }

  @Post(':name/rollback')
  @ApiOperation({ summary: 'Let the generation that served before serve again' })
  @Allows('operator')
  @HttpCode(200)
  @Answers(200, contract.projection)
  async rollback(@PathParam('name', projectionName) name: string, @JsonBody(nothing) _: object) {
    return shown(await this.desk.rollback(name));
  }

  @Post(':name/prune')
  @ApiOperation({ summary: 'Remove generations that nobody needs any more' })
  @Allows('operator')
  @HttpCode(200)
  @Answers(200, contract.projection)
  async prune(@PathParam('name', projectionName) name: string, @JsonBody(nothing) _: object) {
    return shown(await this.desk.prune(name));
  }

  @Post(':name/cancel')
  @ApiOperation({ summary: 'Give a build up' })
  @Allows('operator')
  @HttpCode(200)
  @Answers(200, contract.projection)
  async cancel(@PathParam('name', projectionName) name: string, @JsonBody(nothing) _: object) {
    return shown(await this.desk.cancel(name));
  }
}

const shown = (outcome: ViewStatus | DeskRefusal) => {
  if (isRejection(outcome)) throw refusalOf(outcome);
  return toDetails(outcome);
};
