import { Controller, Get, Req, Res } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { describeRead } from '../../http/answer.js';
import * as contract from '../../http/contract.js';
import { Answers, idSchema, PathParam } from '../../http/input.js';
import { notFound } from '../../http/problem.js';
import { consistencyHeader } from '../../http/request-context.js';
import { ServingViews } from '../serving-views.js';
import { type PaymentDetails, paymentsProjection } from './payments.projection.js';
import { paymentDetails } from './payments.query.js';

export class GetPayment extends Query<PaymentDetails | undefined> {
  constructor(
    readonly paymentId: string,
    readonly token: string | undefined,
  ) {
    super();
  }
}

@QueryHandler(GetPayment)
export class GetPaymentHandler implements IQueryHandler<GetPayment> {
  constructor(private readonly views: ServingViews) {}

  async execute({ paymentId, token }: GetPayment) {
    return paymentDetails(await this.views.upTo(paymentsProjection, token), paymentId);
  }
}

@ApiTags('payments')
@Controller('api/payments')
export class PaymentViewController {
  constructor(private readonly queries: QueryBus) {}

  @Get(':paymentId')
  @Answers(200, contract.payment)
  async get(
    @PathParam('paymentId', idSchema) paymentId: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const payment = await this.queries.execute(new GetPayment(paymentId, consistencyHeader(request)));
    if (payment === undefined) throw notFound('payment', paymentId);
    describeRead(reply, payment.revision);
    return payment;
  }
}
