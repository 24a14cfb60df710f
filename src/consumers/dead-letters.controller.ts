import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Allows } from '../http/access.js';
import * as contract from '../http/contract.js';
import { Answers, JsonBody, pageSchema, PathParam, QueryString } from '../http/input.js';
import { badRequest, problem, ProblemException } from '../http/problem.js';
import { type DeadLetterFilter } from '../ports/dead-letters.js';
import { toDetails, toGroup, toSummary } from './dead-letter-documents.js';
import { DeadLetterDesk } from './dead-letter-desk.js';
import { filterShape, meansAll, toFilter } from './dead-letter-filter.js';

const groupsQuery = z.strictObject({ ...filterShape, limit: pageSchema.limit });
const messagesQuery = z.strictObject({ ...filterShape, ...pageSchema });
const id = z.string().regex(/^[0-9a-f]{16}$/, 'must be 16 hexadecimal digits');

const selection = {
  ...filterShape,
  ids: z.array(id).max(1_000).optional(),
  /** Needed when no filter is given. */
  all: z.boolean().default(false),
  dryRun: z.boolean().default(false),
};
const redriveBody = z.strictObject({ ...selection, rate: z.number().min(0.01).max(10_000).optional() });
const discardBody = z.strictObject(selection);

@ApiTags('operations')
@Controller('api/ops/dlq')
export class DeadLettersController {
  constructor(private readonly desk: DeadLetterDesk) {}

  @Get()
  @ApiOperation({ summary: 'What failed alike, by consumer group' })
  @Allows('operator')
  @Answers(200, contract.deadLetterGroups)
  async groups(@QueryString(groupsQuery) { limit, ...query }: z.infer<typeof groupsQuery>) {
    const filter = toFilter(query);
    const [groups, total] = [await this.desk.failures(filter, limit), await this.desk.count(filter)];
    return { items: groups.map(toGroup), total };
  }

  @Get('messages')
  @ApiOperation({ summary: 'Parked messages, one by one' })
  @Allows('operator')
  @Answers(200, contract.deadLetters)
  async messages(@QueryString(messagesQuery) { limit, cursor, ...query }: z.infer<typeof messagesQuery>) {
    const { items, nextCursor } = await this.desk.find(toFilter(query), { limit, cursor });
    return { items: items.map(toSummary), nextCursor };
  }

  @Get('messages/:id')
  @ApiOperation({ summary: 'One parked message with its headers, value and stack' })
  @Allows('operator')
  @Answers(200, contract.deadLetter)
  async message(@PathParam('id', id) wanted: string) {
    const letter = await this.desk.get(wanted);
    if (letter === undefined) {
      throw new ProblemException(
        problem(404, 'DEAD_LETTER_NOT_FOUND', `There is no dead letter ${wanted}, or no more.`),
      );
    }
    return toDetails(letter, await this.desk.valueOf(letter));
  }

  @Post('redrive')
  @ApiOperation({ summary: 'Hand parked messages to their consumers again' })
  @Allows('operator')
  @HttpCode(200)
  @Answers(200, contract.redriven)
  async redrive(@JsonBody(redriveBody) { all, dryRun, rate, ...body }: z.infer<typeof redriveBody>) {
    const filter = orRefuseAll(toFilter(body), all);
    return this.desk.redrive(filter, { dryRun, perSecond: rate ?? null });
  }

  @Post('discard')
  @ApiOperation({ summary: 'Give parked messages up; what is behind them goes on' })
  @Allows('operator')
  @HttpCode(200)
  @Answers(200, contract.discarded)
  async discard(@JsonBody(discardBody) { all, dryRun, ...body }: z.infer<typeof discardBody>) {
    return this.desk.discard(orRefuseAll(toFilter(body), all), { dryRun });
  }
}

const orRefuseAll = (filter: DeadLetterFilter, all: boolean): DeadLetterFilter => {
  if (all || !meansAll(filter)) return filter;
  const detail = 'Without a filter this would concern every dead letter: name one, or say "all": true.';
  throw badRequest('FILTER_MISSING', detail, 'body');
};
