import { Inject } from '@nestjs/common';
import { Command, CommandHandler } from '@nestjs/cqrs';
import { type CommandContext } from '../../execution/command-context.js';
import { CommandExecutor, type CommandMessage, type Outcome } from '../../execution/command-executor.js';
import { CLOCK, EVENT_STORE } from '../../execution/tokens.js';
import { type Clock } from '../../ports/clock.js';
import { type EventStore } from '../../ports/event-store.js';
import {
  payment,
  type PaymentCommand,
  type PaymentRejection,
  type PaymentState,
} from './model/payment.decider.js';
import { type PaymentEvent } from './model/payment.events.js';

export type PaymentOutcome = Outcome<PaymentEvent, PaymentState, PaymentRejection>;

export class ChangePayment extends Command<PaymentOutcome> implements CommandMessage<PaymentCommand> {
  constructor(
    readonly id: string,
    readonly command: PaymentCommand,
    readonly context: CommandContext,
  ) {
    super();
  }
}

@CommandHandler(ChangePayment)
export class Payments extends CommandExecutor<PaymentCommand, PaymentEvent, PaymentState, PaymentRejection> {
  constructor(@Inject(EVENT_STORE) store: EventStore, @Inject(CLOCK) clock: Clock) {
    super(payment, store, clock);
  }
}
