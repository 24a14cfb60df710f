import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { type Consumed, type Consumer, type ServiceConsumers } from '../../consumers/consumer.js';
import { type Subscribed, subscription } from '../../consumers/subscriptions.js';
import { causedBy } from '../../execution/command-context.js';
import { EVENT_STORE } from '../../execution/tokens.js';
import { upcast } from '../../kernel/envelope.js';
import { streamOf } from '../../kernel/ids.js';
import { isRejection } from '../../kernel/rejection.js';
import { type EventStore } from '../../ports/event-store.js';
import { orderCategory, orderEvents } from '../order/contract.js';
import { type ShippingCommand } from './model/shipping.decider.js';
import { ChangeShipping } from './shipping.handlers.js';

const actor = 'shipping';
type Handled = Consumed<Subscribed<'shipping'>>;

/** Plans the shipping of orders that are confirmed, and stops it, while it can, for those that are to be cancelled. */
@Injectable()
export class ShippingConsumers implements ServiceConsumers {
  constructor(
    private readonly commands: CommandBus,
    @Inject(EVENT_STORE) private readonly store: EventStore,
  ) {}

  consumers(): readonly Consumer[] {
    return [
      {
        ...subscription('shipping'),
        handle: (event: Handled) => this.handle(event),
      },
    ];
  }

  private async handle(event: Handled): Promise<void> {
    const { orderId } = event.data;
    const command: ShippingCommand | undefined =
      event.type === 'OrderConfirmed' ? await this.planOf(orderId) : { do: 'stop', orderId };
    if (command === undefined) return;
    const outcome = await this.commands.execute(
      new ChangeShipping(orderId, command, causedBy(event, actor, command.do)),
    );
    // Neither is ever refused; if one is, the message must not pass for dealt with.
    if (isRejection(outcome)) throw new Error(outcome.detail);
  }

  /** The event says no more than that the order is confirmed; what to ship and where is in the order's first one. */
  private async planOf(orderId: string): Promise<ShippingCommand | undefined> {
    const stream = streamOf(orderCategory, orderId);
    const [placed, ...since] = (await this.store.readStream(stream)).map((event) =>
      upcast(orderEvents, event, actor),
    );
    if (placed?.type !== 'OrderPlaced') throw new Error(`${stream} does not begin with an OrderPlaced.`);
    // The message may be old: what is not wanted any more is not planned, for the stop is on its way.
    if (since.some(({ type }) => type === 'OrderCancellationRequested')) return undefined;
    const { customerId, shippingAddress } = placed.data;
    const lines = placed.data.lines.map(({ sku, quantity }) => ({ sku, quantity }));
    return { do: 'plan', orderId, customerId, lines, shippingAddress };
  }
}
