import { Inject } from '@nestjs/common';
import { Command, CommandHandler } from '@nestjs/cqrs';
import { type CommandContext } from '../../execution/command-context.js';
import { CommandExecutor, type CommandMessage, type Outcome } from '../../execution/command-executor.js';
import { CLOCK, EVENT_STORE } from '../../execution/tokens.js';
import { type Clock } from '../../ports/clock.js';
import { type EventStore } from '../../ports/event-store.js';
import { type ShipmentEvent } from './model/shipment.events.js';
import {
  shipping,
  type ShippingCommand,
  type ShippingRejection,
  type ShippingState,
} from './model/shipping.decider.js';

export type ShippingOutcome = Outcome<ShipmentEvent, ShippingState, ShippingRejection>;

export class ChangeShipping extends Command<ShippingOutcome> implements CommandMessage<ShippingCommand> {
  /** @param id of the order */
  constructor(
    readonly id: string,
    readonly command: ShippingCommand,
    readonly context: CommandContext,
  ) {
    super();
  }
}

@CommandHandler(ChangeShipping)
export class Shippings extends CommandExecutor<
  ShippingCommand,
  ShipmentEvent,
  ShippingState,
  ShippingRejection
> {
  constructor(@Inject(EVENT_STORE) store: EventStore, @Inject(CLOCK) clock: Clock) {
    super(shipping, store, clock);
  }
}
