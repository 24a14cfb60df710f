import { Controller, Delete, Inject, Patch, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { EVENT_STORE, KEYS } from '../../execution/tokens.js';
import { Allows } from '../../http/access.js';
import * as contract from '../../http/contract.js';
import { owns, refuseOthers } from '../../http/caller.js';
import { Exchange, Http } from '../../http/exchange.js';
import { Answers, idSchema, JsonBody, PathParam, quantitySchema, skuSchema } from '../../http/input.js';
import { fingerprintOf, personalDataSchema, sealPersonalData } from '../../http/personal-data.js';
import { notFound } from '../../http/problem.js';
import { type Position, upcast } from '../../kernel/envelope.js';
import { streamOf } from '../../kernel/ids.js';
import { sum, times } from '../../kernel/money.js';
import { type EventStore } from '../../ports/event-store.js';
import { type Keys } from '../../ports/keys.js';
import {
  AddToCart,
  type CartOutcome,
  ChangeCart,
  ChangeCartItem,
  CheckOutCart,
  orderIdOf,
} from './cart.handlers.js';
import { orderCategory } from '../order/contract.js';
import { type CartState } from './model/cart.decider.js';
import { cartCategory, cartEvents } from './model/cart.events.js';

const newCart = z.strictObject({ customerId: idSchema });
const newItem = z.strictObject({ sku: skuSchema, quantity: quantitySchema });
const newQuantity = z.strictObject({ quantity: quantitySchema });
const checkOut = z.strictObject({
  paymentMethod: idSchema.nullable().default(null),
  ...personalDataSchema,
});
const nothing = z.strictObject({});

/** How long a check-out waits for its order to be placed before it answers that it will be. */
const orderPatienceMs = 2_000;

@ApiTags('carts')
@Controller('api/carts')
export class CartController {
  constructor(
    private readonly commands: CommandBus,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(KEYS) private readonly keys: Keys,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Open a cart' })
  @Allows('owner', 'service', 'operator')
  @Answers(201, contract.cart)
  async open(@JsonBody(newCart) body: z.infer<typeof newCart>, @Http() http: Exchange) {
    refuseOthers(http.caller, body.customerId);
    const cartId = http.newId('cart');
    const open = new ChangeCart(cartId, { do: 'open', cartId, ...body }, http.context(body));
    const cart = this.answer(cartId, await this.commands.execute(open), http);
    http.answerAt(`/api/carts/${cartId}`, 201);
    return cart;
  }

  @Post(':cartId/items')
  @ApiOperation({ summary: 'Put something in, at the price of today' })
  @Allows('owner', 'service', 'operator')
  @Answers(201, contract.cart)
  async addItem(
    @PathParam('cartId', idSchema) cartId: string,
    @JsonBody(newItem) body: z.infer<typeof newItem>,
    @Http() http: Exchange,
  ) {
    await this.refuseOthers(cartId, http);
    const add = new AddToCart(cartId, body.sku, body.quantity, http.context(body));
    const cart = this.answer(cartId, await this.commands.execute(add), http);
    http.answerAt(`/api/carts/${cartId}`, 201);
    return cart;
  }

  @Patch(':cartId/items/:sku')
  @ApiOperation({ summary: 'Change a quantity, and accept the price of today' })
  @Allows('owner', 'service', 'operator')
  @Answers(200, contract.cart)
  async changeQuantity(
    @PathParam('cartId', idSchema) cartId: string,
    @PathParam('sku', skuSchema) sku: string,
    @JsonBody(newQuantity) body: z.infer<typeof newQuantity>,
    @Http() http: Exchange,
  ) {
    await this.refuseOthers(cartId, http);
    const change = new ChangeCartItem(cartId, sku, body.quantity, http.context(body));
    return this.answer(cartId, await this.commands.execute(change), http);
  }

  @Delete(':cartId/items/:sku')
  @ApiOperation({ summary: 'Take something out' })
  @Allows('owner', 'service', 'operator')
  @Answers(200, contract.cart)
  async removeItem(
    @PathParam('cartId', idSchema) cartId: string,
    @PathParam('sku', skuSchema) sku: string,
    @JsonBody(nothing) body: z.infer<typeof nothing>,
    @Http() http: Exchange,
  ) {
    await this.refuseOthers(cartId, http);
    const remove = new ChangeCart(cartId, { do: 'removeItem', cartId, sku }, http.context(body));
    return this.answer(cartId, await this.commands.execute(remove), http);
  }

  @Post(':cartId/checkout')
  @ApiOperation({ summary: 'Check out: prices and stock are looked at again, and the order is placed' })
  @Allows('owner', 'service', 'operator')
  @Answers(201, contract.cart)
  @Answers(202, contract.cart)
  async checkOut(
    @PathParam('cartId', idSchema) cartId: string,
    @JsonBody(checkOut) body: z.infer<typeof checkOut>,
    @Http() http: Exchange,
  ) {
    const { contact, shippingAddress, ...rest } = body;
    const personal = { contact, shippingAddress };
    const customerId = await this.customerFor(cartId, http);
    // Without a customer there is nothing to check out, and nothing to seal for.
    const [fingerprint, sealed] =
      customerId === undefined
        ? [{}, { contact: null, shippingAddress: null }]
        : [
            await fingerprintOf(this.keys, customerId, personal),
            await sealPersonalData(this.keys, customerId, orderIdOf(cartId), personal),
          ];
    const context = http.context({ ...rest, ...fingerprint });
    const checkOutCart = new CheckOutCart(cartId, rest.paymentMethod, sealed, context);
    const { state, position, revision } = http.accepted(await this.commands.execute(checkOutCart));
    if (state.is === 'checkedOut') {
      // The order service places the order; once it has, the token reads back the order and not only the cart.
      const placed = await this.orderPlaced(state.orderId, position);
      if (placed !== undefined) http.position(placed);
      http.answerAt(`/api/orders/${state.orderId}`, placed === undefined ? 202 : 201);
    }
    return cartBody(cartId, state, revision);
  }

  /** To who may not know of a cart, it is as one that is not there. */
  private async refuseOthers(cartId: string, http: Exchange): Promise<void> {
    if (http.caller.only !== undefined) await this.customerFor(cartId, http);
  }

  /** undefined when there is no such cart. */
  private async customerFor(cartId: string, { caller }: Exchange): Promise<string | undefined> {
    const customerId = await this.customerOf(cartId);
    if (owns(caller, customerId)) return customerId;
    throw notFound('cart', cartId);
  }

  private async customerOf(cartId: string): Promise<string | undefined> {
    const [first] = await this.store.readStream(streamOf(cartCategory, cartId), { limit: 1 });
    const opened = first === undefined ? undefined : upcast(cartEvents, first, 'A check-out');
    return opened?.type === 'CartOpened' ? opened.data.customerId : undefined;
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

  private answer(cartId: string, outcome: CartOutcome, http: Exchange) {
    const { state, revision } = http.accepted(outcome);
    return cartBody(cartId, state, revision);
  }
}

const cartBody = (cartId: string, state: CartState, revision: number) => ({
  cartId,
  ...contents(state),
  revision,
});

const contents = (state: CartState) => {
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
