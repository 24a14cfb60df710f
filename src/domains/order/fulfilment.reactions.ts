import { Inject, Injectable } from '@nestjs/common';
import { causedBy } from '../../execution/command-context.js';
import { CommandExecutor } from '../../execution/command-executor.js';
import { type Reaction } from '../../execution/reactor.js';
import { reportRefusal, type ServiceReactions, streamsOf } from '../../execution/service-reactions.js';
import { CLOCK, EVENT_STORE, LOGGER } from '../../execution/tokens.js';
import { type RecordedEvent, upcast } from '../../kernel/envelope.js';
import { categoryOf } from '../../kernel/ids.js';
import { type Rejection } from '../../kernel/rejection.js';
import { type Clock } from '../../ports/clock.js';
import { type EventStore } from '../../ports/event-store.js';
import { type Logger } from '../../ports/logger.js';
import { inventoryCategory, inventoryEvents } from '../inventory/contract.js';
import { paymentCategory, paymentEvents } from '../payment/contract.js';
import { type FulfilmentEvent } from './model/fulfilment.events.js';
import {
  fulfilment,
  type FulfilmentCommand,
  type FulfilmentFact,
  type FulfilmentSettings,
  type FulfilmentState,
} from './model/fulfilment.process.js';
import { orderCategory, orderEvents } from './model/order.events.js';

export const FULFILMENT_SETTINGS = Symbol('FulfilmentSettings');

const actor = 'fulfilment';

/** Shows the fulfilment process every fact of orders, stock and payments. */
@Injectable()
export class FulfilmentReactions implements ServiceReactions {
  private readonly process;
  private readonly executor: CommandExecutor<FulfilmentCommand, FulfilmentEvent, FulfilmentState, Rejection>;

  constructor(
    @Inject(EVENT_STORE) store: EventStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(FULFILMENT_SETTINGS) settings: FulfilmentSettings,
  ) {
    this.process = fulfilment(settings);
    this.executor = new CommandExecutor(this.process, store, clock);
  }

  reactions(): readonly Reaction[] {
    return [
      {
        name: 'fulfilment',
        filter: streamsOf(orderCategory, inventoryCategory, paymentCategory),
        keyOf: orderOf,
        react: (event) => this.react(event),
      },
    ];
  }

  private async react(recorded: RecordedEvent): Promise<void> {
    const observed = this.process.observe(factOf(recorded), this.clock.now());
    if (observed === undefined) return;
    const outcome = await this.executor.execute({ ...observed, context: causedBy(recorded, actor) });
    reportRefusal(outcome, recorded, this.logger);
  }
}

/** Facts of one order stay in line; those of a SKU concern many orders. */
const orderOf = ({ data, stream }: RecordedEvent): string =>
  'orderId' in data && typeof data.orderId === 'string' ? data.orderId : stream;

const factOf = (recorded: RecordedEvent): FulfilmentFact => {
  switch (categoryOf(recorded.stream)) {
    case orderCategory:
      return upcast(orderEvents, recorded, actor);
    case inventoryCategory:
      return upcast(inventoryEvents, recorded, actor);
    default:
      return upcast(paymentEvents, recorded, actor);
  }
};
