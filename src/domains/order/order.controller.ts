import { Controller, Inject, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { EVENT_STORE, KEYS } from '../../execution/tokens.js';
import { Allows } from '../../http/access.js';
import * as contract from '../../http/contract.js';
import { refuseOthers } from '../../http/caller.js';
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
import { ownsOrder } from '../../http/ownership.js';
import {
  fingerprintOf,
  openPersonalData,
  personalDataSchema,
  sealPersonalData,
} from '../../http/personal-data.js';
import { notFound } from '../../http/problem.js';
import { type EventStore } from '../../ports/event-store.js';
import { type Keys } from '../../ports/keys.js';
import { placedOrder } from '../../projections/order-status/order-status.js';
import { ChangeOrder, defaultPaymentMethod, PlaceOrder } from './order.handlers.js';

const newOrder = z.strictObject({
  customerId: idSchema,
  items: z
    .array(z.strictObject({ sku: skuSchema, quantity: quantitySchema }))
    .min(1)
    .max(200),
  paymentMethod: idSchema.default(defaultPaymentMethod),
  ...personalDataSchema,
});

const cancellation = z.strictObject({ reason: textSchema(500).default('The customer cancelled the order.') });

@ApiTags('orders')
@Controller('api/orders')
export class OrderController {
  constructor(
    private readonly commands: CommandBus,
    @Inject(KEYS) private readonly keys: Keys,
    @Inject(EVENT_STORE) private readonly store: EventStore,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Place an order' })
  @Allows('owner', 'service', 'operator')
  @Answers(201, contract.orderDetails)
  async place(@JsonBody(newOrder) body: z.infer<typeof newOrder>, @Http() http: Exchange) {
    refuseOthers(http.caller, body.customerId);
    const orderId = http.newId('order');
    const { contact, shippingAddress, ...rest } = body;
    const { customerId } = rest;
    const personal = { contact, shippingAddress };
    const context = http.context({ ...rest, ...(await fingerprintOf(this.keys, customerId, personal)) });
    const sealed = await sealPersonalData(this.keys, customerId, orderId, personal);
    const outcome = await this.commands.execute(
      new PlaceOrder({ orderId, cartId: null, ...rest, ...sealed }, context),
    );
    const accepted = http.accepted(outcome);
    http.answerAt(`/api/orders/${orderId}`, 201);
    const placed = accepted.events.find((event) => event.type === 'OrderPlaced');
    if (placed === undefined) throw new Error('An order that was placed has no OrderPlaced event.');
    // Of a repeated request too, from the event.
    const answered = await openPersonalData(this.keys, placed.data.customerId, orderId, placed.data);
    return { ...placedOrder(placed.data, accepted.revision), ...answered };
  }

  @Post(':orderId/cancel')
  @ApiOperation({ summary: 'Cancel an order: stock and money go back' })
  @Allows('owner', 'service', 'operator')
  @Answers(202, contract.cancellation)
  async cancel(
    @PathParam('orderId', idSchema) orderId: string,
    @JsonBody(cancellation) body: z.infer<typeof cancellation>,
    @Http() http: Exchange,
  ) {
    if (!(await ownsOrder(this.store, http.caller, orderId))) throw notFound('order', orderId);
    const reason = { code: 'CANCELLED_BY_CUSTOMER', detail: body.reason };
    const outcome = await this.commands.execute(
      new ChangeOrder(orderId, { do: 'requestCancellation', orderId, reason }, http.context(body)),
    );
    const accepted = http.accepted(outcome);
    http.answerAt(`/api/orders/${orderId}`, 202);
    return { orderId, status: { lifecycle: accepted.state.is }, revision: accepted.revision };
  }
}
