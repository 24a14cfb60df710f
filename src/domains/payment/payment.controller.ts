import { Controller, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Allows } from '../../http/access.js';
import * as contract from '../../http/contract.js';
import { Exchange, Http } from '../../http/exchange.js';
import { Answers, idSchema, JsonBody, moneySchema, PathParam, textSchema } from '../../http/input.js';
import { ChangePayment } from './payment.handlers.js';

const refund = z.strictObject({
  amount: moneySchema,
  reason: textSchema(500).nullable().default(null),
});

@ApiTags('payments')
@Controller('api/payments')
export class PaymentController {
  constructor(private readonly commands: CommandBus) {}

  @Post(':paymentId/refunds')
  @ApiOperation({ summary: 'Give money back' })
  @Allows('operator')
  @Answers(201, contract.refund)
  async refund(
    @PathParam('paymentId', idSchema) paymentId: string,
    @JsonBody(refund) body: z.infer<typeof refund>,
    @Http() http: Exchange,
  ) {
    const refundId = http.newId('refund', paymentId);
    const context = http.context(body);
    const outcome = await this.commands.execute(
      new ChangePayment(paymentId, { do: 'refund', paymentId, refundId, ...body }, context),
    );
    const accepted = http.accepted(outcome);
    http.answerAt(`/api/payments/${paymentId}`, 201);
    const { amount, reason } = body;
    return { paymentId, refundId, amount, reason, revision: accepted.revision };
  }
}
