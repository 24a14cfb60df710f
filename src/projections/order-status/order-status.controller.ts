import { Controller, Get, Inject, Res } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { z } from 'zod';
import { EVENT_STORE, KEYS } from '../../execution/tokens.js';
import { Allows } from '../../http/access.js';
import * as contract from '../../http/contract.js';
import { EventStreams } from '../../http/event-streams.js';
import { actorShown, owns, refuseOthers } from '../../http/caller.js';
import { Exchange, Http } from '../../http/exchange.js';
import { Answers, AnswersEvents, idSchema, pageSchema, PathParam, QueryString } from '../../http/input.js';
import { notFound, problem, ProblemException } from '../../http/problem.js';
import { isRejection } from '../../kernel/rejection.js';
import { type EventStore } from '../../ports/event-store.js';
import { type Keys } from '../../ports/keys.js';
import { type PageOf } from '../page.js';
import { ServingViews } from '../serving-views.js';
import { orderDetails, withoutTimeline } from './order-details.js';
import { type HistoryRejection, type Moment, orderAsOf } from './order-history.js';
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

export class GetOrderAsOf extends Query<OrderDocument | HistoryRejection | undefined> {
  constructor(
    readonly orderId: string,
    readonly moment: Moment,
    readonly token: string | undefined,
  ) {
    super();
  }
}

@QueryHandler(GetOrderAsOf)
export class GetOrderAsOfHandler implements IQueryHandler<GetOrderAsOf> {
  constructor(
    private readonly views: ServingViews,
    @Inject(EVENT_STORE) private readonly store: EventStore,
  ) {}

  async execute({ orderId, moment, token }: GetOrderAsOf) {
    const current = await orderDocument(await this.views.upTo(orderStatusProjection, token), orderId);
    return current && orderAsOf(this.store, current, moment);
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

/** A `+` in a query string is a blank to the server: hence the hint. */
const moment = z
  .union(
    [
      z
        .string()
        .regex(/^\d{1,15}$/)
        .transform((text) => ({ revision: Number(text) })),
      z.iso.datetime({ offset: true }).transform((instant) => ({ instant })),
    ],
    'must be a revision such as 3, or an instant such as 2026-11-23T13:59:20.627Z or, with %2B for the +, ' +
      '2026-11-23T14:59:20%2B01:00',
  )
  .optional();

const asOf = z.strictObject({ at: moment });

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
  @ApiOperation({ summary: 'Orders, the newest first' })
  @Allows('owner', 'service', 'operator')
  @Answers(200, contract.orders)
  async find(@QueryString(search) query: z.infer<typeof search>, @Http() http: Exchange) {
    const { caller, token } = http;
    if (query.customerId !== undefined) refuseOthers(caller, query.customerId);
    const search = { ...query, customerId: query.customerId ?? caller.only };
    const { items, nextCursor } = await this.queries.execute(new FindOrders(search, token));
    return { items: items.map(withoutTimeline), nextCursor };
  }

  @Get(':orderId')
  @ApiOperation({ summary: 'An order, as it is or as it was' })
  @Allows('owner', 'service', 'operator')
  @Answers(200, contract.orderDetails)
  async get(
    @PathParam('orderId', idSchema) orderId: string,
    @QueryString(asOf) { at }: z.infer<typeof asOf>,
    @Http() http: Exchange,
  ) {
    const document = await this.document(orderId, at, http);
    http.revision(document.order.revision);
    return orderDetails(this.keys, document);
  }

  @Get(':orderId/stream')
  @ApiOperation({ summary: 'An order, pushed whenever it changes' })
  @Allows('owner', 'service', 'operator')
  @AnswersEvents('order', contract.orderDetails)
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Of the event after which to go on.' })
  async stream(
    @PathParam('orderId', idSchema) orderId: string,
    @Http() http: Exchange,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { lastEventId: after, token, caller } = http;
    if (caller.only !== undefined) await this.document(orderId, undefined, http);
    const stream = this.streams.admit(reply.raw, caller);
    const unlisten = await this.live.listen(orderId, stream, { after, token });
    if (unlisten === undefined) throw notFound('order', orderId);
    stream.whenClosed(unlisten);
    if (reply.request.method === 'HEAD') stream.end();
    reply.hijack();
    this.streams.begin(stream);
  }

  @Get(':orderId/timeline')
  @ApiOperation({ summary: 'What happened to an order, event by event, and why' })
  @Allows('owner', 'service', 'operator')
  @Answers(200, contract.timeline)
  async timeline(
    @PathParam('orderId', idSchema) orderId: string,
    @QueryString(asOf) { at }: z.infer<typeof asOf>,
    @Http() http: Exchange,
  ) {
    const { order } = await this.document(orderId, at, http);
    const items = order.timeline.map((entry) => ({ ...entry, actor: actorShown(http.caller, entry.actor) }));
    return { items, nextCursor: null };
  }

  private async document(orderId: string, at: Moment | undefined, { caller, token }: Exchange) {
    // Of another's order not even the past is told.
    if (at === undefined || caller.only !== undefined) {
      const current = await this.queries.execute(new GetOrder(orderId, token));
      if (current === undefined || !owns(caller, current.order.customerId)) throw notFound('order', orderId);
      if (at === undefined) return current;
    }
    const document = await this.queries.execute(new GetOrderAsOf(orderId, at, token));
    if (document === undefined) throw notFound('order', orderId);
    if (!isRejection(document)) return document;
    const { code, detail } = document;
    throw new ProblemException(problem(404, code, detail, [{ path: 'at', message: detail }]));
  }
}
