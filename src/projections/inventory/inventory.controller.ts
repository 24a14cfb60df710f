import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allows } from '../../http/access.js';
import * as contract from '../../http/contract.js';
import { Exchange, Http } from '../../http/exchange.js';
import { Answers, skuSchema, PathParam } from '../../http/input.js';
import { notFound } from '../../http/problem.js';
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
  @ApiOperation({ summary: 'Stock: on hand, reserved, available' })
  @Allows('service', 'operator')
  @Answers(200, contract.stock)
  async get(@PathParam('sku', skuSchema) sku: string, @Http() http: Exchange) {
    const inventory = await this.queries.execute(new GetInventory(sku, http.token));
    if (inventory === undefined) throw notFound('stock', sku);
    http.revision(inventory.revision);
    return inventory;
  }
}
