import { Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Allows } from '../../http/access.js';
import * as contract from '../../http/contract.js';
import { Exchange, Http } from '../../http/exchange.js';
import { Answers, idSchema, JsonBody, PathParam } from '../../http/input.js';
import { ResendNotification } from './notification.handlers.js';

const nothing = z.strictObject({});

@ApiTags('notifications')
@Controller('api/notifications')
export class NotificationController {
  constructor(private readonly commands: CommandBus) {}

  @Post(':notificationId/resend')
  @ApiOperation({ summary: 'Send a mail once more' })
  @Allows('operator')
  @HttpCode(200)
  @Answers(200, contract.resentNotification)
  async resend(
    @PathParam('notificationId', idSchema) notificationId: string,
    @JsonBody(nothing) body: z.infer<typeof nothing>,
    @Http() http: Exchange,
  ) {
    const resend = new ResendNotification(notificationId, http.context(body));
    const { events, revision } = http.accepted(await this.commands.execute(resend));
    const [event] = events;
    if (event === undefined) throw new Error('A notification that was sent again has no event.');
    const { orderId, template, aboutEventId, attempt } = event.data;
    return {
      notificationId,
      orderId,
      template,
      aboutEventId,
      attempt,
      ...(event.type === 'NotificationSent'
        ? { status: 'sent' as const, failure: null }
        : { status: 'failed' as const, failure: { code: event.data.code, detail: event.data.detail } }),
      revision,
    };
  }
}
