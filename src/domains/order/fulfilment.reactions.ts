import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { causedBy } from '../../execution/command-context.js';
import { type Reaction } from '../../execution/reactor.js';
import { reportRefusal, type ServiceReactions, streamsOf } from '../../execution/service-reactions.js';
import { CLOCK, LOGGER } from '../../execution/tokens.js';
import { type RecordedEvent, upcast } from '../../kernel/envelope.js';
import { categoryOf } from '../../kernel/ids.js';
import { type Clock } from '../../ports/clock.js';
import { type Logger } from '../../ports/logger.js';
import { inventoryCategory, inventoryEvents } from '../inventory/contract.js';
import { paymentCategory, paymentEvents } from '../payment/contract.js';
import { shipmentCategory, shipmentEvents } from '../shipping/contract.js';
import { ChangeFulfilment, Fulfilments } from './fulfilment.handlers.js';
import { type FulfilmentFact } from './model/fulfilment.process.js';
import { orderCategory, orderEvents } from './model/order.events.js';

const actor = 'fulfilment';

/** Shows the fulfilment process every fact of orders, stock, payments and shipments. */
@Injectable()
export class FulfilmentReactions implements ServiceReactions {
  constructor(
    private readonly commands: CommandBus,
    private readonly fulfilments: Fulfilments,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  reactions(): readonly Reaction[] {
    return [
      {
        name: 'fulfilment',
        filter: streamsOf(orderCategory, inventoryCategory, paymentCategory, shipmentCategory),
        keyOf: orderOf,
        react: (event) => this.react(event),
      },
    ];
  }

  private async react(recorded: RecordedEvent): Promise<void> {
    const observed = this.fulfilments.process.observe(factOf(recorded), this.clock.now());
    if (observed === undefined) return;
    const { id, command } = observed;
    const outcome = await this.commands.execute(new ChangeFulfilment(id, command, causedBy(recorded, actor)));
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
    case shipmentCategory:
      return upcast(shipmentEvents, recorded, actor);
    default:
      return upcast(paymentEvents, recorded, actor);
  }
};
