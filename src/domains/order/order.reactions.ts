import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { causedBy } from '../../execution/command-context.js';
import { type Reaction } from '../../execution/reactor.js';
import { reportRefusal, type ServiceReactions, streamsOf } from '../../execution/service-reactions.js';
import { CLOCK, LOGGER } from '../../execution/tokens.js';
import { type RecordedEvent, upcast } from '../../kernel/envelope.js';
import { type Clock } from '../../ports/clock.js';
import { type Logger } from '../../ports/logger.js';
import { cartCategory, cartEvents } from '../cart/contract.js';
import { fulfilmentCategory, fulfilmentEvents } from './model/fulfilment.events.js';
import { type OrderCommand } from './model/order.decider.js';
import { ChangeOrder, defaultPaymentMethod, placeCommand } from './order.handlers.js';

const actor = 'order';

/** Does what fulfilment asks of the order, and places the orders of carts that are checked out. */
@Injectable()
export class OrderReactions implements ServiceReactions {
  constructor(
    private readonly commands: CommandBus,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  reactions(): readonly Reaction[] {
    return [
      {
        name: 'order.fulfilment',
        filter: streamsOf(fulfilmentCategory),
        keyOf: ({ stream }) => stream,
        react: (event) => this.followFulfilment(event),
      },
      {
        name: 'order.checkout',
        filter: streamsOf(cartCategory),
        keyOf: ({ stream }) => stream,
        react: (event) => this.placeCheckedOut(event),
      },
    ];
  }

  private async followFulfilment(recorded: RecordedEvent): Promise<void> {
    const event = upcast(fulfilmentEvents, recorded, 'order.fulfilment');
    const { orderId } = event.data;
    if (event.type === 'ConfirmationRequested') {
      await this.change({ do: 'confirm', orderId }, recorded);
    } else if (event.type === 'ShipmentRecordRequested') {
      const { shipmentId, lines } = event.data;
      await this.change({ do: 'ship', orderId, shipmentId, lines }, recorded);
    } else if (event.type === 'DeliveryRecordRequested') {
      await this.change({ do: 'deliver', orderId }, recorded);
    } else if (event.type === 'FulfilmentUndone') {
      const { outcome, reason } = event.data;
      await this.change({ do: outcome === 'cancelled' ? 'cancel' : 'reject', orderId, reason }, recorded);
    }
  }

  private async change(command: OrderCommand, cause: RecordedEvent): Promise<void> {
    const outcome = await this.commands.execute(
      new ChangeOrder(command.orderId, command, causedBy(cause, actor)),
    );
    reportRefusal(outcome, cause, this.logger);
  }

  /** At the prices that the check-out has just validated and the customer has agreed to. */
  private async placeCheckedOut(recorded: RecordedEvent): Promise<void> {
    const event = upcast(cartEvents, recorded, 'order.checkout');
    if (event.type !== 'CartCheckedOut') return;
    const { orderId, cartId, customerId, lines: items, paymentMethod, contact, shippingAddress } = event.data;
    const offers = new Map(items.map(({ sku, name, unitPrice: price }) => [sku, { sku, name, price }]));
    const request = {
      orderId,
      customerId,
      cartId,
      items,
      paymentMethod: paymentMethod ?? defaultPaymentMethod,
      // Sealed for this order already.
      contact,
      shippingAddress,
    };
    const command = placeCommand(request, offers, this.clock.now());
    await this.change(command, recorded);
  }
}
