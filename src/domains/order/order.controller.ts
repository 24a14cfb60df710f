import { randomUUID } from 'node:crypto';
import { Controller, Post, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { derivedId } from '../../execution/derived-id.js';
import { created, describeWrite, orRefuse } from '../../http/answer.js';
import * as contract from '../../http/contract.js';
import {
  Answers,
  idSchema,
  JsonBody,
  PathParam,
  quantitySchema,
  skuSchema,
  textSchema,
} from '../../http/input.js';
import { commandContext, idempotencyKey } from '../../http/request-context.js';
import { type OrderEvent } from './model/order.events.js';
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
  async place(
    @JsonBody(newOrder) body: z.infer<typeof newOrder>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const key = idempotencyKey(request);
    // The same key must lead to the same order, whoever answers the second time.
    const orderId = key === undefined ? randomUUID() : derivedId('order', key);
    const context = commandContext(request, body);
    const outcome = await this.commands.execute(new PlaceOrder({ orderId, cartId: null, ...body }, context));
    const accepted = orRefuse(outcome);
    describeWrite(reply, accepted);
    created(reply, `/api/orders/${orderId}`);
    return placedBody(accepted.events, accepted.revision);
  }

  @Post(':orderId/cancel')
  @Answers(202, contract.cancellation)
  async cancel(
    @PathParam('orderId', idSchema) orderId: string,
    @JsonBody(cancellation) body: z.infer<typeof cancellation>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const reason = { code: 'CANCELLED_BY_CUSTOMER', detail: body.reason };
    const outcome = await this.commands.execute(
      new ChangeOrder(orderId, { do: 'requestCancellation', orderId, reason }, commandContext(request, body)),
    );
    const accepted = orRefuse(outcome);
    describeWrite(reply, accepted);
    void reply.status(202).header('location', `/api/orders/${orderId}`);
    return { orderId, status: { lifecycle: accepted.state.is }, revision: accepted.revision };
  }
}

/** The order as far as it is known when it has just been placed: the shape of the order status view. */
const placedBody = (events: readonly OrderEvent[], revision: number) => {
  const placed = events.find((event) => event.type === 'OrderPlaced');
  if (placed === undefined) throw new Error('An order that was placed has no OrderPlaced event.');
  const { orderId, customerId, lines, total, paymentId, placedAt } = placed.data;
  return {
    orderId,
    customerId,
    lines,
    total,
    status: { lifecycle: 'placed', payment: 'none', fulfilment: 'none' },
    reason: null,
    paymentId,
    placedAt,
    revision,
  };
};
