import { Inject } from '@nestjs/common';
import { Command, CommandHandler } from '@nestjs/cqrs';
import { type CommandContext } from '../../execution/command-context.js';
import { CommandExecutor, type CommandMessage, type Outcome } from '../../execution/command-executor.js';
import { CLOCK, EVENT_STORE } from '../../execution/tokens.js';
import { type Rejection } from '../../kernel/rejection.js';
import { type Clock } from '../../ports/clock.js';
import { type EventStore } from '../../ports/event-store.js';
import { type FulfilmentEvent } from './model/fulfilment.events.js';
import {
  fulfilment,
  type FulfilmentCommand,
  type FulfilmentSettings,
  type FulfilmentState,
} from './model/fulfilment.process.js';

export const FULFILMENT_SETTINGS = Symbol('FulfilmentSettings');

export class ChangeFulfilment
  extends Command<Outcome<FulfilmentEvent, FulfilmentState, Rejection<never>>>
  implements CommandMessage<FulfilmentCommand>
{
  constructor(
    readonly id: string,
    readonly command: FulfilmentCommand,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** The process is run as the aggregate that it is: its steps are appended under the fact that led to them. */
@CommandHandler(ChangeFulfilment)
export class Fulfilments extends CommandExecutor<
  FulfilmentCommand,
  FulfilmentEvent,
  FulfilmentState,
  Rejection
> {
  readonly process;

  constructor(
    @Inject(EVENT_STORE) store: EventStore,
    @Inject(CLOCK) clock: Clock,
    @Inject(FULFILMENT_SETTINGS) settings: FulfilmentSettings,
  ) {
    const process = fulfilment(settings);
    super(process, store, clock);
    this.process = process;
  }
}
