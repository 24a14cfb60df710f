import { Inject } from '@nestjs/common';
import { Command, CommandHandler } from '@nestjs/cqrs';
import { type CommandContext } from '../../execution/command-context.js';
import { CommandExecutor, type CommandMessage, type Outcome } from '../../execution/command-executor.js';
import { CLOCK, EVENT_STORE } from '../../execution/tokens.js';
import { type Clock } from '../../ports/clock.js';
import { type EventStore } from '../../ports/event-store.js';
import {
  inventory,
  type InventoryCommand,
  type InventoryRejection,
  type InventoryState,
} from './model/inventory.decider.js';
import { type InventoryEvent } from './model/inventory.events.js';

export class ChangeInventory
  extends Command<Outcome<InventoryEvent, InventoryState, InventoryRejection>>
  implements CommandMessage<InventoryCommand>
{
  constructor(
    readonly id: string,
    readonly command: InventoryCommand,
    readonly context: CommandContext,
  ) {
    super();
  }
}

@CommandHandler(ChangeInventory)
export class Inventories extends CommandExecutor<
  InventoryCommand,
  InventoryEvent,
  InventoryState,
  InventoryRejection
> {
  constructor(@Inject(EVENT_STORE) store: EventStore, @Inject(CLOCK) clock: Clock) {
    // Few streams that are long and used all the time, where the others are many, short and soon done with.
    super(inventory, store, clock, { cacheWeight: 200_000 });
  }
}
