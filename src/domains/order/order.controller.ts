import { Controller, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import * as contract from '../../http/contract.js';
import { Exchange, Http } from '../../http/exchange.js';
import {
  Answers,
  idSchema,
  JsonBody,
  PathParam,
  quantitySchema,
  skuSchema,
  textSchema,
} from '../../http/input.js';
import { placedOrder } from '../../projections/order-status/order-status.js';
import { ChangeOrder, defaultPaymentMethod, PlaceOrder } from './order.handlers.js';

const newOrder = z.strictObject({
  customerId: idSchema,
  items: z
    .array(z.strictObject({ sku: skuSchema, quantity: quantitySchema }))
    .min(1)
    .max(200),
  paymentMethod: idSchema.default(defaultPaymentMethod),
});

const cancellation = z.strictObject({ reason: textSchema(500).default('The customer cancelled the order.') });

@ApiTags('orders')
@Controller('api/orders')
export class OrderController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Answers(201, contract.order)
  async place(@JsonBody(newOrder) body: z.infer<typeof newOrder>, @Http() http: Exchange) {
    const orderId = http.newId('order');
    const context = http.context(body);
    const outcome = await this.commands.execute(new PlaceOrder({ orderId, cartId: null, ...body }, context));
    const accepted = http.accepted(outcome);
    http.answerAt(`/api/orders/${orderId}`, 201);
    const placed = accepted.events.find((event) => event.type === 'OrderPlaced');
    if (placed === undefined) throw new Error('An order that was placed has no OrderPlaced event.');
    return placedOrder(placed.data, accepted.revision);
  }

  @Post(':orderId/cancel')
  @Answers(202, contract.cancellation)
  async cancel(
    @PathParam('orderId', idSchema) orderId: string,
    @JsonBody(cancellation) body: z.infer<typeof cancellation>,
    @Http() http: Exchange,
  ) {
    const reason = { code: 'CANCELLED_BY_CUSTOMER', detail: body.reason };
    const outcome = await this.commands.execute(
      new ChangeOrder(orderId, { do: 'requestCancellation', orderId, reason }, http.context(body)),
    );
    const accepted = http.accepted(outcome);
    http.answerAt(`/api/orders/${orderId}`, 202);
    return { orderId, status: { lifecycle: accepted.state.is }, revision: accepted.revision };
  }
}
