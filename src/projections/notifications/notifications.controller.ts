import { Controller, Get, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { MAILER } from '../../execution/tokens.js';
import { Allows } from '../../http/access.js';
import * as contract from '../../http/contract.js';
import { Exchange, Http } from '../../http/exchange.js';
import { Answers, idSchema, pageSchema, QueryString } from '../../http/input.js';
import { type Mailer } from '../../ports/mailer.js';
import { type PageOf } from '../page.js';
import { ServingViews } from '../serving-views.js';
import { notificationsProjection } from './notifications.projection.js';
import { findNotifications, type Notification, type NotificationSearch } from './notifications.query.js';

export class FindNotifications extends Query<PageOf<Notification>> {
  constructor(
    readonly search: NotificationSearch,
    readonly token: string | undefined,
  ) {
    super();
  }
}

@QueryHandler(FindNotifications)
export class FindNotificationsHandler implements IQueryHandler<FindNotifications> {
  constructor(
    private readonly views: ServingViews,
    @Inject(MAILER) private readonly mailer: Mailer,
  ) {}

  async execute({ search, token }: FindNotifications) {
    return findNotifications(await this.views.upTo(notificationsProjection, token), this.mailer, search);
  }
}

const search = z.strictObject({ ...pageSchema, orderId: idSchema });

@ApiTags('notifications')
@Controller('api/notifications')
export class NotificationViewController {
  constructor(private readonly queries: QueryBus) {}

  @Get()
  @ApiOperation({ summary: 'The mails about an order' })
  @Allows('operator')
  @Answers(200, contract.notifications)
  find(@QueryString(search) query: z.infer<typeof search>, @Http() http: Exchange) {
    return this.queries.execute(new FindNotifications(query, http.token));
  }
}
