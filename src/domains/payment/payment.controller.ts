import { randomUUID } from 'node:crypto';
import { Controller, Post, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { derivedId } from '../../execution/derived-id.js';
import { created, describeWrite, orRefuse } from '../../http/answer.js';
import * as contract from '../../http/contract.js';
import { Answers, idSchema, JsonBody, moneySchema, PathParam, textSchema } from '../../http/input.js';
import { commandContext, idempotencyKey } from '../../http/request-context.js';
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
  @Answers(201, contract.refund)
  async refund(
    @PathParam('paymentId', idSchema) paymentId: string,
    @JsonBody(refund) body: z.infer<typeof refund>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const key = idempotencyKey(request);
    const refundId = key === undefined ? randomUUID() : derivedId('refund', paymentId, key);
    const context = commandContext(request, body);
    const outcome = await this.commands.execute(
      new ChangePayment(paymentId, { do: 'refund', paymentId, refundId, ...body }, context),
    );
    const accepted = orRefuse(outcome);
    describeWrite(reply, accepted);
    created(reply, `/api/payments/${paymentId}`);
    const { amount, reason } = body;
    return { paymentId, refundId, amount, reason, revision: accepted.revision };
  }
}
