import { Inject, Injectable } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type CommandContext } from '../../execution/command-context.js';
import { CommandExecutor, type Outcome } from '../../execution/command-executor.js';
import { CLOCK, EVENT_STORE } from '../../execution/tokens.js';
import { type Clock } from '../../ports/clock.js';
import { type EventStore } from '../../ports/event-store.js';
import {
  product,
  type ProductCommand,
  type ProductRejection,
  type ProductState,
} from './model/product.decider.js';
import { type ProductEvent } from './model/product.events.js';

@Injectable()
export class Products extends CommandExecutor<ProductCommand, ProductEvent, ProductState, ProductRejection> {
  constructor(@Inject(EVENT_STORE) store: EventStore, @Inject(CLOCK) clock: Clock) {
    super(product, store, clock);
  }
}

export class ChangeProduct extends Command<Outcome<ProductEvent, ProductState, ProductRejection>> {
  constructor(
    readonly command: ProductCommand,
    readonly context: CommandContext,
  ) {
    super();
  }
}

@CommandHandler(ChangeProduct)
export class ChangeProductHandler implements ICommandHandler<ChangeProduct> {
  constructor(private readonly products: Products) {}

  execute({ command, context }: ChangeProduct) {
    return this.products.execute(command.sku, command, context);
  }
}
