import { Controller, HttpCode, Patch, Post, Put, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { created, describeWrite, orRefuse } from '../../http/answer.js';
import * as contract from '../../http/contract.js';
import { Answers, JsonBody, moneySchema, PathParam, skuSchema, textSchema } from '../../http/input.js';
import { commandContext } from '../../http/request-context.js';
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
  @Answers(201, contract.product)
  async add(
    @JsonBody(newProduct) body: z.infer<typeof newProduct>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const product = await this.change({ do: 'add', ...body }, body, request, reply);
    created(reply, `/api/catalog/${body.sku}`);
    return product;
  }

  @Put(':sku/price')
  @Answers(200, contract.product)
  changePrice(
    @PathParam('sku', skuSchema) sku: string,
    @JsonBody(newPrice) body: z.infer<typeof newPrice>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.change({ do: 'changePrice', sku, ...body }, body, request, reply);
  }

  @Patch(':sku')
  @Answers(200, contract.product)
  changeDetails(
    @PathParam('sku', skuSchema) sku: string,
    @JsonBody(details) body: z.infer<typeof details>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.change({ do: 'changeDetails', sku, ...body }, body, request, reply);
  }

  @Post(':sku/publish')
  @HttpCode(200)
  @Answers(200, contract.product)
  publish(
    @PathParam('sku', skuSchema) sku: string,
    @JsonBody(nothing) body: z.infer<typeof nothing>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.change({ do: 'publish', sku }, body, request, reply);
  }

  @Post(':sku/unpublish')
  @HttpCode(200)
  @Answers(200, contract.product)
  unpublish(
    @PathParam('sku', skuSchema) sku: string,
    @JsonBody(nothing) body: z.infer<typeof nothing>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.change({ do: 'unpublish', sku }, body, request, reply);
  }

  @Post(':sku/discontinue')
  @HttpCode(200)
  @Answers(200, contract.product)
  discontinue(
    @PathParam('sku', skuSchema) sku: string,
    @JsonBody(nothing) body: z.infer<typeof nothing>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.change({ do: 'discontinue', sku }, body, request, reply);
  }

  private async change(command: ProductCommand, input: object, request: FastifyRequest, reply: FastifyReply) {
    const outcome = await this.commands.execute(
      new ChangeProduct(command.sku, command, commandContext(request, input)),
    );
    const accepted = orRefuse(outcome);
    describeWrite(reply, accepted);
    return productBody(accepted.state);
  }
}

const productBody = (state: ProductState) => {
  if (state.is === 'absent') return null;
  const { sku, name, description, price, is: status } = state;
  return { sku, name, description, price, status };
};
