import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { causedBy } from '../../execution/command-context.js';
import { type Reaction } from '../../execution/reactor.js';
import { reportRefusal, type ServiceReactions, streamsOf } from '../../execution/service-reactions.js';
import { LOGGER } from '../../execution/tokens.js';
import { type RecordedEvent, upcast } from '../../kernel/envelope.js';
import { type Logger } from '../../ports/logger.js';
import { fulfilmentCategory, fulfilmentEvents } from '../order/contract.js';
import { ChangeInventory } from './inventory.handlers.js';
import { type InventoryCommand } from './model/inventory.decider.js';

const actor = 'inventory';

/** Does what fulfilment asks of the stock. The order's id is the id of its reservations. */
@Injectable()
export class InventoryReactions implements ServiceReactions {
  constructor(
    private readonly commands: CommandBus,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  reactions(): readonly Reaction[] {
    return [
      {
        name: 'inventory.fulfilment',
        filter: streamsOf(fulfilmentCategory),
        keyOf: ({ stream }) => stream,
        react: (event) => this.react(event),
      },
    ];
  }

  private async react(recorded: RecordedEvent): Promise<void> {
    const event = upcast(fulfilmentEvents, recorded, 'inventory.fulfilment');
    switch (event.type) {
      case 'ReservationRequested': {
        const { orderId, lines, expiresAt } = event.data;
        const reservations = lines.map(({ sku, quantity }) =>
          this.send({ do: 'reserve', sku, reservationId: orderId, orderId, quantity, expiresAt }, recorded),
        );
        await Promise.all(reservations);
        return;
      }
      case 'ReleaseRequested': {
        const { orderId: reservationId, sku, expired } = event.data;
        await this.send({ do: expired ? 'expire' : 'release', sku, reservationId }, recorded);
        return;
      }
      case 'StockCommitRequested': {
        const { orderId: reservationId, shipmentId, lines } = event.data;
        const commits = lines.map(({ sku, quantity }) =>
          this.send({ do: 'commit', sku, reservationId, shipmentId, quantity }, recorded),
        );
        await Promise.all(commits);
        return;
      }
      default:
    }
  }

  private async send(command: InventoryCommand, cause: RecordedEvent): Promise<void> {
    const context = causedBy(cause, actor, command.sku);
    const outcome = await this.commands.execute(new ChangeInventory(command.sku, command, context));
    reportRefusal(outcome, cause, this.logger);
  }
}
