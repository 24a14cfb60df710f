import { Controller, Post, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { created, describeWrite, orRefuse } from '../../http/answer.js';
import * as contract from '../../http/contract.js';
import { Answers, JsonBody, PathParam, quantitySchema, skuSchema, textSchema } from '../../http/input.js';
import { commandContext } from '../../http/request-context.js';
import { ChangeInventory } from './inventory.handlers.js';
import { availableOf, type InventoryCommand } from './model/inventory.decider.js';

const receipt = z.strictObject({
  quantity: quantitySchema,
  reference: textSchema(200).nullable().default(null),
});

const adjustment = z.strictObject({
  delta: z
    .int()
    .min(-1_000_000_000)
    .max(1_000_000_000)
    .refine((delta) => delta !== 0, 'must not be 0'),
  reason: textSchema(200),
});

@ApiTags('inventory')
@Controller('api/inventory')
export class InventoryController {
  constructor(private readonly commands: CommandBus) {}

  @Post(':sku/receipts')
  @Answers(201, contract.stock)
  receive(
    @PathParam('sku', skuSchema) sku: string,
    @JsonBody(receipt) body: z.infer<typeof receipt>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.change({ do: 'receive', sku, ...body }, body, request, reply);
  }

  @Post(':sku/adjustments')
  @Answers(201, contract.stock)
  adjust(
    @PathParam('sku', skuSchema) sku: string,
    @JsonBody(adjustment) body: z.infer<typeof adjustment>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.change({ do: 'adjust', sku, ...body }, body, request, reply);
  }

  private async change(
    command: InventoryCommand,
    input: object,
    request: FastifyRequest,
    reply: FastifyReply,
  ) {
    const { sku } = command;
    const outcome = await this.commands.execute(
      new ChangeInventory(sku, command, commandContext(request, input)),
    );
    const accepted = orRefuse(outcome);
    const { onHand, reserved } = accepted.state;
    describeWrite(reply, accepted);
    created(reply, `/api/inventory/${sku}`);
    return { sku, onHand, reserved, available: availableOf(accepted.state) };
  }
}
