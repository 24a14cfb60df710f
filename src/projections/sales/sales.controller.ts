import { Controller, Get, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CLOCK } from '../../execution/tokens.js';
import { Allows } from '../../http/access.js';
import * as contract from '../../http/contract.js';
import { Exchange, Http } from '../../http/exchange.js';
import { Answers, QueryString } from '../../http/input.js';
import { type Clock } from '../../ports/clock.js';
import { ServingViews } from '../serving-views.js';
import { salesProjection } from './sales.projection.js';
import { daysIn, lastDays, type Sales, salesIn, type SalesWindow } from './sales.query.js';

export class GetSales extends Query<Sales> {
  constructor(
    readonly window: SalesWindow,
    readonly token: string | undefined,
  ) {
    super();
  }
}

@QueryHandler(GetSales)
export class GetSalesHandler implements IQueryHandler<GetSales> {
  constructor(private readonly views: ServingViews) {}

  async execute({ window, token }: GetSales) {
    return salesIn(await this.views.upTo(salesProjection, token), window);
  }
}

const mostDays = 366;

const allowed =
  `must be 1 to ${mostDays} days that end today (UTC), such as 30d, or the first and the last of at most ` +
  `${mostDays} days, such as 2026-11-01/2026-11-30`;

const isAllowed = (days: number): boolean => days >= 1 && days <= mostDays;

const search = z.strictObject({
  window: z
    .union(
      [
        z
          .string()
          .regex(/^\d{1,3}d$/)
          .transform((text) => Number.parseInt(text))
          .refine(isAllowed, allowed),
        z
          .string()
          .regex(/^\d{4}-\d\d-\d\d\/\d{4}-\d\d-\d\d$/)
          .transform((text) => text.split('/'))
          .pipe(z.tuple([z.iso.date(allowed), z.iso.date(allowed)]))
          .transform(([from, to]) => ({ from, to }))
          .refine((window) => isAllowed(daysIn(window)), allowed),
      ],
      allowed,
    )
    .prefault('30d'),
});

@ApiTags('kpis')
@Controller('api/kpis')
export class SalesController {
  constructor(
    private readonly queries: QueryBus,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Orders, revenue and refunds by day and currency' })
  @Allows('operator')
  @Answers(200, contract.sales)
  get(@QueryString(search) { window }: z.infer<typeof search>, @Http() http: Exchange) {
    const days = typeof window === 'number' ? lastDays(window, this.clock.now().slice(0, 10)) : window;
    return this.queries.execute(new GetSales(days, http.token));
  }
}
