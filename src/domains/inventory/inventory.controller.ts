import { Controller, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Allows } from '../../http/access.js';
import * as contract from '../../http/contract.js';
import { Exchange, Http } from '../../http/exchange.js';
import { Answers, JsonBody, PathParam, quantitySchema, skuSchema, textSchema } from '../../http/input.js';
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
  @ApiOperation({ summary: 'Receive stock' })
  @Allows('service', 'operator')
  @Answers(201, contract.stock)
  receive(
    @PathParam('sku', skuSchema) sku: string,
    @JsonBody(receipt) body: z.infer<typeof receipt>,
    @Http() http: Exchange,
  ) {
    return this.change({ do: 'receive', sku, ...body }, body, http);
  }

  @Post(':sku/adjustments')
  @ApiOperation({ summary: 'Correct stock after a count' })
  @Allows('operator')
  @Answers(201, contract.stock)
  adjust(
    @PathParam('sku', skuSchema) sku: string,
    @JsonBody(adjustment) body: z.infer<typeof adjustment>,
    @Http() http: Exchange,
  ) {
    return this.change({ do: 'adjust', sku, ...body }, body, http);
  }

  private async change(command: InventoryCommand, input: object, http: Exchange) {
    const { sku } = command;
    const outcome = await this.commands.execute(new ChangeInventory(sku, command, http.context(input)));
    const accepted = http.accepted(outcome);
    const { onHand, reserved } = accepted.state;
    http.answerAt(`/api/inventory/${sku}`, 201);
    return { sku, onHand, reserved, available: availableOf(accepted.state) };
  }
}
