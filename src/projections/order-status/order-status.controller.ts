import { Controller, Get, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { KEYS } from '../../execution/tokens.js';
import * as contract from '../../http/contract.js';
import { Exchange, Http } from '../../http/exchange.js';
import { Answers, idSchema, pageSchema, PathParam, QueryString } from '../../http/input.js';
import { openPersonalData } from '../../http/personal-data.js';
import { notFound } from '../../http/problem.js';
import { type Keys } from '../../ports/keys.js';
import { type PageOf } from '../page.js';
import { ServingViews } from '../serving-views.js';
import { orderStatusProjection } from './order-status.projection.js';
import { findOrders, orderDocument, type OrderSearch } from './order-status.query.js';
import { type OrderDocument, type OrderStatus } from './order-status.js';

export class GetOrder extends Query<OrderDocument | undefined> {
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
    return orderDocument(await this.views.upTo(orderStatusProjection, token), orderId);
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
  constructor(
    private readonly queries: QueryBus,
    @Inject(KEYS) private readonly keys: Keys,
  ) {}

  @Get()
  @Answers(200, contract.orders)
  async find(@QueryString(search) query: z.infer<typeof search>, @Http() http: Exchange) {
    const { items, nextCursor } = await this.queries.execute(new FindOrders(query, http.token));
    return { items: items.map(withoutTimeline), nextCursor };
  }

  @Get(':orderId')
  @Answers(200, contract.orderDetails)
  async get(@PathParam('orderId', idSchema) orderId: string, @Http() http: Exchange) {
    const { order, personal } = await this.document(orderId, http);
    http.revision(order.revision);
    const opened = await openPersonalData(this.keys, order.customerId, orderId, personal);
    return { ...withoutTimeline(order), ...opened };
  }

  @Get(':orderId/timeline')
  @Answers(200, contract.timeline)
  async timeline(@PathParam('orderId', idSchema) orderId: string, @Http() http: Exchange) {
    const { order } = await this.document(orderId, http);
    return { items: order.timeline, nextCursor: null };
  }

  private async document(orderId: string, http: Exchange): Promise<OrderDocument> {
    const document = await this.queries.execute(new GetOrder(orderId, http.token));
    if (document === undefined) throw notFound('order', orderId);
    return document;
  }
}

const withoutTimeline = ({ timeline: _, ...order }: OrderStatus) => order;
