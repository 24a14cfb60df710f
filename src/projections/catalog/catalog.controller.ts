import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Allows } from '../../http/access.js';
import * as contract from '../../http/contract.js';
import { Exchange, Http } from '../../http/exchange.js';
import { Answers, pageSchema, PathParam, QueryString, skuSchema } from '../../http/input.js';
import { notFound } from '../../http/problem.js';
import { type PageOf } from '../page.js';
import { ServingViews } from '../serving-views.js';
import { type CatalogEntry, catalogProjection } from './catalog.projection.js';
import { catalogEntry, type CatalogSearch, searchCatalog } from './catalog.query.js';

export class SearchCatalog extends Query<PageOf<CatalogEntry>> {
  constructor(
    readonly search: CatalogSearch,
    readonly token: string | undefined,
  ) {
    super();
  }
}

@QueryHandler(SearchCatalog)
export class SearchCatalogHandler implements IQueryHandler<SearchCatalog> {
  constructor(private readonly views: ServingViews) {}

  async execute({ search, token }: SearchCatalog) {
    return searchCatalog(await this.views.upTo(catalogProjection, token), search);
  }
}

export class GetCatalogEntry extends Query<CatalogEntry | undefined> {
  constructor(
    readonly sku: string,
    readonly token: string | undefined,
  ) {
    super();
  }
}

@QueryHandler(GetCatalogEntry)
export class GetCatalogEntryHandler implements IQueryHandler<GetCatalogEntry> {
  constructor(private readonly views: ServingViews) {}

  async execute({ sku, token }: GetCatalogEntry) {
    return catalogEntry(await this.views.upTo(catalogProjection, token), sku);
  }
}

const price = z.coerce.number().int().min(0).max(1_000_000_000_000).optional();

const search = z.strictObject({
  ...pageSchema,
  text: z.string().min(1).max(200).optional(),
  minPrice: price,
  maxPrice: price,
  sort: z.enum(['name', 'price']).default('name'),
  direction: z.enum(['ascending', 'descending']).default('ascending'),
});

@ApiTags('catalog')
@Controller('api/catalog')
export class CatalogController {
  constructor(private readonly queries: QueryBus) {}

  @Get()
  @ApiOperation({ summary: 'Search the products on sale' })
  @Allows('customer', 'service', 'operator')
  @Answers(200, contract.catalog)
  search(@QueryString(search) query: z.infer<typeof search>, @Http() http: Exchange) {
    return this.queries.execute(new SearchCatalog(query, http.token));
  }

  @Get(':sku')
  @ApiOperation({ summary: 'A product, whatever its status' })
  @Allows('customer', 'service', 'operator')
  @Answers(200, contract.catalogEntry)
  async get(@PathParam('sku', skuSchema) sku: string, @Http() http: Exchange) {
    const entry = await this.queries.execute(new GetCatalogEntry(sku, http.token));
    if (entry === undefined) throw notFound('product', sku);
    http.revision(entry.revision);
    return entry;
  }
}
