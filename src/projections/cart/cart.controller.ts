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
import { type CartContents, cartProjection } from './cart.projection.js';
import { cartContents } from './cart.query.js';

export class GetCart extends Query<CartContents | undefined> {
  constructor(
    readonly cartId: string,
    readonly token: string | undefined,
  ) {
    super();
  }
}

@QueryHandler(GetCart)
export class GetCartHandler implements IQueryHandler<GetCart> {
  constructor(private readonly views: ServingViews) {}

  async execute({ cartId, token }: GetCart) {
    return cartContents(await this.views.upTo(cartProjection, token), cartId);
  }
}

@ApiTags('carts')
@Controller('api/carts')
export class CartViewController {
  constructor(private readonly queries: QueryBus) {}

  @Get(':cartId')
  @ApiOperation({ summary: 'A cart' })
  @Allows('owner', 'service', 'operator')
  @Answers(200, contract.cart)
  async get(@PathParam('cartId', idSchema) cartId: string, @Http() http: Exchange) {
    const cart = await this.queries.execute(new GetCart(cartId, http.token));
    if (cart === undefined || !owns(http.caller, cart.customerId)) throw notFound('cart', cartId);
    http.revision(cart.revision);
    return cart;
  }
}
