import { Controller, Get, Req, Res } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { describeRead } from '../../http/answer.js';
import * as contract from '../../http/contract.js';
import { Answers, skuSchema, PathParam } from '../../http/input.js';
import { notFound } from '../../http/problem.js';
import { consistencyHeader } from '../../http/request-context.js';
import { ServingViews } from '../serving-views.js';
import { type StockLevel, inventoryProjection } from './inventory.projection.js';
import { stockLevel } from './inventory.query.js';

export class GetInventory extends Query<StockLevel | undefined> {
  constructor(
    readonly sku: string,
    readonly token: string | undefined,
  ) {
    super();
  }
}

@QueryHandler(GetInventory)
export class GetInventoryHandler implements IQueryHandler<GetInventory> {
  constructor(private readonly views: ServingViews) {}

  async execute({ sku, token }: GetInventory) {
    return stockLevel(await this.views.upTo(inventoryProjection, token), sku);
  }
}

@ApiTags('inventory')
@Controller('api/inventory')
export class InventoryViewController {
  constructor(private readonly queries: QueryBus) {}

  @Get(':sku')
  @Answers(200, contract.stock)
  async get(
    @PathParam('sku', skuSchema) sku: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const inventory = await this.queries.execute(new GetInventory(sku, consistencyHeader(request)));
    if (inventory === undefined) throw notFound('stock', sku);
    describeRead(reply, inventory.revision);
    return inventory;
  }
}
