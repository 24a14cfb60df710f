import { Controller, Get, Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { EVENT_STORE } from '../../execution/tokens.js';
import { orderOf } from '../../domains/shipping/contract.js';
import { Allows } from '../../http/access.js';
import * as contract from '../../http/contract.js';
import { Exchange, Http } from '../../http/exchange.js';
import { ownsOrder } from '../../http/ownership.js';
import { Answers, idSchema, PathParam, QueryString } from '../../http/input.js';
import { notFound } from '../../http/problem.js';
import { type EventStore } from '../../ports/event-store.js';
import { ServingViews } from '../serving-views.js';
import { type ShipmentDetails } from './shipment-details.js';
import { shipmentsProjection } from './shipments.projection.js';
import { noShipments, shipment, shipmentsOf, type ShipmentsOfOrder } from './shipments.query.js';

export class GetShipment extends Query<ShipmentDetails | undefined> {
  constructor(
    readonly shipmentId: string,
    readonly token: string | undefined,
  ) {
    super();
  }
}

@QueryHandler(GetShipment)
export class GetShipmentHandler implements IQueryHandler<GetShipment> {
  constructor(private readonly views: ServingViews) {}

  async execute({ shipmentId, token }: GetShipment) {
    return shipment(await this.views.upTo(shipmentsProjection, token), orderOf(shipmentId), shipmentId);
  }
}

export class GetShipmentsOfOrder extends Query<ShipmentsOfOrder> {
  constructor(
    readonly orderId: string,
    readonly token: string | undefined,
  ) {
    super();
  }
}

@QueryHandler(GetShipmentsOfOrder)
export class GetShipmentsOfOrderHandler implements IQueryHandler<GetShipmentsOfOrder> {
  constructor(private readonly views: ServingViews) {}

  async execute({ orderId, token }: GetShipmentsOfOrder) {
    return shipmentsOf(await this.views.upTo(shipmentsProjection, token), orderId);
  }
}

const search = z.strictObject({ orderId: idSchema });

@ApiTags('shipments')
@Controller('api/shipments')
export class ShipmentViewController {
  constructor(
    private readonly queries: QueryBus,
    @Inject(EVENT_STORE) private readonly store: EventStore,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The shipments of an order' })
  @Allows('owner', 'service', 'operator')
  @Answers(200, contract.shipments)
  async find(@QueryString(search) query: z.infer<typeof search>, @Http() http: Exchange) {
    if (!(await ownsOrder(this.store, http.caller, query.orderId))) return noShipments;
    return this.queries.execute(new GetShipmentsOfOrder(query.orderId, http.token));
  }

  @Get(':shipmentId')
  @ApiOperation({ summary: 'A shipment' })
  @Allows('owner', 'service', 'operator')
  @Answers(200, contract.shipment)
  async get(@PathParam('shipmentId', idSchema) shipmentId: string, @Http() http: Exchange) {
    const found = await this.queries.execute(new GetShipment(shipmentId, http.token));
    const isOwn = await ownsOrder(this.store, http.caller, orderOf(shipmentId));
    if (found === undefined || !isOwn) throw notFound('shipment', shipmentId);
    http.revision(found.revision);
    return found;
  }
}
