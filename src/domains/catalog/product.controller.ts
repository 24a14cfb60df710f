import { Controller, HttpCode, Patch, Post, Put } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Allows } from '../../http/access.js';
import * as contract from '../../http/contract.js';
import { Exchange, Http } from '../../http/exchange.js';
import { Answers, JsonBody, moneySchema, PathParam, skuSchema, textSchema } from '../../http/input.js';
import { type ProductCommand, type ProductState } from './model/product.decider.js';
import { ChangeProduct } from './product.handlers.js';

const newProduct = z.strictObject({
  sku: skuSchema,
  name: textSchema(200),
  description: textSchema(2_000).nullable().default(null),
  price: moneySchema.nullable().default(null),
});

const newPrice = z.strictObject({ price: moneySchema });

const details = z.strictObject({
  name: textSchema(200),
  description: textSchema(2_000).nullable().default(null),
});

const nothing = z.strictObject({});

@ApiTags('catalog')
@Controller('api/products')
export class ProductController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @ApiOperation({ summary: 'Add a product, as a draft' })
  @Allows('service', 'operator')
  @Answers(201, contract.product)
  async add(@JsonBody(newProduct) body: z.infer<typeof newProduct>, @Http() http: Exchange) {
    const product = await this.change({ do: 'add', ...body }, body, http);
    http.answerAt(`/api/catalog/${body.sku}`, 201);
    return product;
  }

  @Put(':sku/price')
  @ApiOperation({ summary: 'Change the price' })
  @Allows('service', 'operator')
  @Answers(200, contract.product)
  changePrice(
    @PathParam('sku', skuSchema) sku: string,
    @JsonBody(newPrice) body: z.infer<typeof newPrice>,
    @Http() http: Exchange,
  ) {
    return this.change({ do: 'changePrice', sku, ...body }, body, http);
  }

  @Patch(':sku')
  @ApiOperation({ summary: 'Change name and description' })
  @Allows('service', 'operator')
  @Answers(200, contract.product)
  changeDetails(
    @PathParam('sku', skuSchema) sku: string,
    @JsonBody(details) body: z.infer<typeof details>,
    @Http() http: Exchange,
  ) {
    return this.change({ do: 'changeDetails', sku, ...body }, body, http);
  }

  @Post(':sku/publish')
  @ApiOperation({ summary: 'Offer it for sale' })
  @Allows('service', 'operator')
  @HttpCode(200)
  @Answers(200, contract.product)
  publish(
    @PathParam('sku', skuSchema) sku: string,
    @JsonBody(nothing) body: z.infer<typeof nothing>,
    @Http() http: Exchange,
  ) {
    return this.change({ do: 'publish', sku }, body, http);
  }

  @Post(':sku/unpublish')
  @ApiOperation({ summary: 'Take it off sale' })
  @Allows('service', 'operator')
  @HttpCode(200)
  @Answers(200, contract.product)
  unpublish(
    @PathParam('sku', skuSchema) sku: string,
    @JsonBody(nothing) body: z.infer<typeof nothing>,
    @Http() http: Exchange,
  ) {
    return this.change({ do: 'unpublish', sku }, body, http);
  }

  @Post(':sku/discontinue')
  @ApiOperation({ summary: 'Take it off sale for good' })
  @Allows('service', 'operator')
  @HttpCode(200)
  @Answers(200, contract.product)
  discontinue(
    @PathParam('sku', skuSchema) sku: string,
    @JsonBody(nothing) body: z.infer<typeof nothing>,
    @Http() http: Exchange,
  ) {
    return this.change({ do: 'discontinue', sku }, body, http);
  }

  private async change(command: ProductCommand, input: object, http: Exchange) {
    const outcome = await this.commands.execute(new ChangeProduct(command.sku, command, http.context(input)));
    const accepted = http.accepted(outcome);
    return productBody(accepted.state);
  }
}

const productBody = (state: ProductState) => {
  if (state.is === 'absent') return null;
  const { sku, name, description, price, is: status } = state;
  return { sku, name, description, price, status };
};
