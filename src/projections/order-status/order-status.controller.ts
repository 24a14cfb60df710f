import { Controller, Get, Inject, Res } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { z } from 'zod';
import { KEYS } from '../../execution/tokens.js';
import * as contract from '../../http/contract.js';
import { EventStreams } from '../../http/event-streams.js';
import { Exchange, Http } from '../../http/exchange.js';
import { Answers, AnswersEvents, idSchema, pageSchema, PathParam, QueryString } from '../../http/input.js';
import { notFound } from '../../http/problem.js';
import { type Keys } from '../../ports/keys.js';
import { type PageOf } from '../page.js';
import { ServingViews } from '../serving-views.js';
import { orderDetails, withoutTimeline } from './order-details.js';
import { OrderLive } from './order-live.js';
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
    private readonly live: OrderLive,
    private readonly streams: EventStreams,
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
    const document = await this.document(orderId, http);
    http.revision(document.order.revision);
    return orderDetails(this.keys, document);
  }

  @Get(':orderId/stream')
  @AnswersEvents('order', contract.orderDetails)
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Of the event after which to go on.' })
  async stream(
    @PathParam('orderId', idSchema) orderId: string,
    @Http() http: Exchange,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { lastEventId: after, token } = http;
    const stream = this.streams.admit(reply.raw);
    const unlisten = await this.live.listen(orderId, stream, { after, token });
    if (unlisten === undefined) throw notFound('order', orderId);
    stream.whenClosed(unlisten);
    if (reply.request.method === 'HEAD') stream.end();
    reply.hijack();
    this.streams.begin(stream);
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
