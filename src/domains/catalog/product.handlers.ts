import { Inject } from '@nestjs/common';
import { Command, CommandHandler } from '@nestjs/cqrs';
import { type CommandContext } from '../../execution/command-context.js';
import { CommandExecutor, type CommandMessage, type Outcome } from '../../execution/command-executor.js';
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

export class ChangeProduct
  extends Command<Outcome<ProductEvent, ProductState, ProductRejection>>
  implements CommandMessage<ProductCommand>
{
  constructor(
    readonly id: string,
    readonly command: ProductCommand,
    readonly context: CommandContext,
  ) {
    super();
  }
}

@CommandHandler(ChangeProduct)
export class Products extends CommandExecutor<ProductCommand, ProductEvent, ProductState, ProductRejection> {
  constructor(@Inject(EVENT_STORE) store: EventStore, @Inject(CLOCK) clock: Clock) {
    super(product, store, clock);
  }
}
