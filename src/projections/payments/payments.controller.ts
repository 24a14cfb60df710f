import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allows } from '../../http/access.js';
import * as contract from '../../http/contract.js';
import { owns } from '../../http/caller.js';
import { Exchange, Http } from '../../http/exchange.js';
import { Answers, idSchema, PathParam } from '../../http/input.js';
import { notFound } from '../../http/problem.js';
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
  @ApiOperation({ summary: 'A payment with its refunds' })
  @Allows('owner', 'service', 'operator')
  @Answers(200, contract.payment)
  async get(@PathParam('paymentId', idSchema) paymentId: string, @Http() http: Exchange) {
    const payment = await this.queries.execute(new GetPayment(paymentId, http.token));
    if (payment === undefined || !owns(http.caller, payment.customerId)) throw notFound('payment', paymentId);
    http.revision(payment.revision);
    return payment;
  }
}
