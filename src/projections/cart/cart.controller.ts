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
  @Answers(200, contract.cart)
  async get(
    @PathParam('cartId', idSchema) cartId: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const cart = await this.queries.execute(new GetCart(cartId, consistencyHeader(request)));
    if (cart === undefined) throw notFound('cart', cartId);
    describeRead(reply, cart.revision);
    return cart;
  }
}
