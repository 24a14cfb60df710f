import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import * as contract from '../../http/contract.js';
import { Exchange, Http } from '../../http/exchange.js';
import { Answers, idSchema, pageSchema, PathParam, QueryString } from '../../http/input.js';
import { notFound } from '../../http/problem.js';
import { type PageOf } from '../page.js';
import { ServingViews } from '../serving-views.js';
import { orderStatusProjection } from './order-status.projection.js';
import { findOrders, type OrderSearch, orderStatus } from './order-status.query.js';
import { type OrderStatus } from './order-status.js';

export class GetOrder extends Query<OrderStatus | undefined> {
  constructor(
    readonly orderId: string,
    readonly token: string | undefined,
  ) {
    super();
  }
}

@QueryHandler(GetOrder)
export class GetOrderHandler implements IQueryHandler<GetOrder> {
  constructor(private readonly views: ServingViews) {}

  async execute({ orderId, token }: GetOrder) {
    return orderStatus(await this.views.upTo(orderStatusProjection, token), orderId);
  }
}

export class FindOrders extends Query<PageOf<OrderStatus>> {
  constructor(
    readonly search: OrderSearch,
    readonly token: string | undefined,
  ) {
    super();
  }
}

@QueryHandler(FindOrders)
export class FindOrdersHandler implements IQueryHandler<FindOrders> {
  constructor(private readonly views: ServingViews) {}

  async execute({ search, token }: FindOrders) {
    return findOrders(await this.views.upTo(orderStatusProjection, token), search);
  }
}

const search = z.strictObject({ ...pageSchema, customerId: idSchema.optional() });

@ApiTags('orders')
@Controller('api/orders')
export class OrderViewController {
  constructor(private readonly queries: QueryBus) {}

  @Get()
  @Answers(200, contract.orders)
  async find(@QueryString(search) query: z.infer<typeof search>, @Http() http: Exchange) {
    const { items, nextCursor } = await this.queries.execute(new FindOrders(query, http.token));
    return { items: items.map(withoutTimeline), nextCursor };
  }

  @Get(':orderId')
  @Answers(200, contract.order)
  async get(@PathParam('orderId', idSchema) orderId: string, @Http() http: Exchange) {
    const order = await this.order(orderId, http);
    http.revision(order.revision);
    return withoutTimeline(order);
  }

  @Get(':orderId/timeline')
  @Answers(200, contract.timeline)
  async timeline(@PathParam('orderId', idSchema) orderId: string, @Http() http: Exchange) {
    const { timeline } = await this.order(orderId, http);
    return { items: timeline, nextCursor: null };
  }

  private async order(orderId: string, http: Exchange): Promise<OrderStatus> {
    const order = await this.queries.execute(new GetOrder(orderId, http.token));
    if (order === undefined) throw notFound('order', orderId);
    return order;
  }
}

const withoutTimeline = ({ timeline: _, ...order }: OrderStatus) => order;
