import { randomUUID } from 'node:crypto';
import { Controller, Delete, HttpCode, Inject, Patch, Post, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { derivedId } from '../../execution/derived-id.js';
import { EVENT_STORE } from '../../execution/tokens.js';
import { created, describeWrite, orRefuse } from '../../http/answer.js';
import * as contract from '../../http/contract.js';
import { Answers, idSchema, JsonBody, PathParam, quantitySchema, skuSchema } from '../../http/input.js';
import { commandContext, idempotencyKey } from '../../http/request-context.js';
import { type Position } from '../../kernel/envelope.js';
import { streamOf } from '../../kernel/ids.js';
import { sum, times } from '../../kernel/money.js';
import { type EventStore } from '../../ports/event-store.js';
import { AddToCart, type CartOutcome, ChangeCart, ChangeCartItem, CheckOutCart } from './cart.handlers.js';
import { orderCategory } from '../order/contract.js';
import { type CartState } from './model/cart.decider.js';

const newCart = z.strictObject({ customerId: idSchema });
const newItem = z.strictObject({ sku: skuSchema, quantity: quantitySchema });
const newQuantity = z.strictObject({ quantity: quantitySchema });
const checkOut = z.strictObject({ paymentMethod: idSchema.nullable().default(null) });
const nothing = z.strictObject({});

/** How long a check-out waits for its order to be placed before it answers that it will be. */
const orderPatienceMs = 2_000;

@ApiTags('carts')
@Controller('api/carts')
export class CartController {
  constructor(
    private readonly commands: CommandBus,
    @Inject(EVENT_STORE) private readonly store: EventStore,
  ) {}

  @Post()
  @Answers(201, contract.cart)
  async open(
    @JsonBody(newCart) body: z.infer<typeof newCart>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const key = idempotencyKey(request);
    const cartId = key === undefined ? randomUUID() : derivedId('cart', key);
    const context = commandContext(request, body);
    const cart = await this.commands.execute(
      new ChangeCart(cartId, { do: 'open', cartId, ...body }, context),
    );
    created(reply, `/api/carts/${cartId}`);
    return this.answer(cartId, cart, reply);
  }

  @Post(':cartId/items')
  @Answers(201, contract.cart)
  async addItem(
    @PathParam('cartId', idSchema) cartId: string,
    @JsonBody(newItem) body: z.infer<typeof newItem>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { sku, quantity } = body;
    const context = commandContext(request, body);
    const outcome = await this.commands.execute(new AddToCart(cartId, sku, quantity, context));
    created(reply, `/api/carts/${cartId}`);
    return this.answer(cartId, outcome, reply);
  }

  @Patch(':cartId/items/:sku')
  @Answers(200, contract.cart)
  async changeQuantity(
    @PathParam('cartId', idSchema) cartId: string,
    @PathParam('sku', skuSchema) sku: string,
    @JsonBody(newQuantity) body: z.infer<typeof newQuantity>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const context = commandContext(request, body);
    return this.answer(
      cartId,
      await this.commands.execute(new ChangeCartItem(cartId, sku, body.quantity, context)),
      reply,
    );
  }

  @Delete(':cartId/items/:sku')
  @Answers(200, contract.cart)
  async removeItem(
    @PathParam('cartId', idSchema) cartId: string,
    @PathParam('sku', skuSchema) sku: string,
    @JsonBody(nothing) body: z.infer<typeof nothing>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const context = commandContext(request, body);
    const command = { do: 'removeItem', cartId, sku } as const;
    return this.answer(cartId, await this.commands.execute(new ChangeCart(cartId, command, context)), reply);
  }

  @Post(':cartId/checkout')
  @HttpCode(201)
  @Answers(201, contract.cart)
  @Answers(202, contract.cart)
  async checkOut(
    @PathParam('cartId', idSchema) cartId: string,
    @JsonBody(checkOut) body: z.infer<typeof checkOut>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const context = commandContext(request, body);
    const outcome = await this.commands.execute(new CheckOutCart(cartId, body.paymentMethod, context));
    const cart = this.answer(cartId, outcome, reply);
    const accepted = orRefuse(outcome);
    const { state } = accepted;
    if (state.is !== 'checkedOut') return cart;
    // The order service places the order; once it has, the token reads back the order and not only the cart.
    const position = await this.orderPlaced(state.orderId, accepted.position);
    if (position === undefined) void reply.status(202);
    else describeWrite(reply, { ...accepted, position });
    void reply.header('location', `/api/orders/${state.orderId}`);
    return cart;
  }

  private async orderPlaced(orderId: string, since: Position | undefined): Promise<Position | undefined> {
    const [placed] = await this.store.readStream(streamOf(orderCategory, orderId), { limit: 1 });
    if (placed !== undefined) return placed.position;
    const filter = { streamPrefixes: [streamOf(orderCategory, orderId)] };
    const subscription = this.store.subscribe({ from: since ?? 'start', filter });
    const timer = setTimeout(() => void subscription.close(), orderPatienceMs);
    try {
      for await (const { events } of subscription) if (events[0] !== undefined) return events[0].position;
      return undefined;
    } finally {
      clearTimeout(timer);
      await subscription.close();
    }
  }

  private answer(cartId: string, outcome: CartOutcome, reply: FastifyReply) {
    const accepted = orRefuse(outcome);
    describeWrite(reply, accepted);
    return { cartId, ...cartBody(accepted.state), revision: accepted.revision };
  }
}

const cartBody = (state: CartState) => {
  switch (state.is) {
    case 'open': {
      const { customerId, lines } = state;
      const items = lines.map((line) => ({ ...line, lineTotal: times(line.unitPrice, line.quantity) }));
      const currency = items[0]?.unitPrice.currency;
      const amounts = items.map(({ lineTotal }) => lineTotal);
      return {
        customerId,
        status: 'open',
        items,
        total: currency === undefined ? null : sum(amounts, currency),
      };
    }
    case 'checkedOut':
      return { status: 'checked_out', orderId: state.orderId };
    default:
      return { status: state.is };
  }
};
