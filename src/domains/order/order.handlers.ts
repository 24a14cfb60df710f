import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AggregateReader } from '../../execution/aggregate-reader.js';
import { type CommandContext } from '../../execution/command-context.js';
import { CommandExecutor, type CommandMessage, type Outcome } from '../../execution/command-executor.js';
import { CLOCK, EVENT_STORE } from '../../execution/tokens.js';
import { type Instant } from '../../kernel/envelope.js';
import { type Clock } from '../../ports/clock.js';
import { type EventStore } from '../../ports/event-store.js';
import { offerOf, product, type ProductEvent, type ProductState } from '../catalog/contract.js';
import { order, type OrderCommand, type OrderRejection, type OrderState } from './model/order.decider.js';
import { type OrderEvent } from './model/order.events.js';
import { type SealedPersonalData } from './model/personal-data.js';

export type OrderOutcome = Outcome<OrderEvent, OrderState, OrderRejection>;

export class ChangeOrder extends Command<OrderOutcome> implements CommandMessage<OrderCommand> {
  constructor(
    readonly id: string,
    readonly command: OrderCommand,
    readonly context: CommandContext,
  ) {
    super();
  }
}

@CommandHandler(ChangeOrder)
export class Orders extends CommandExecutor<OrderCommand, OrderEvent, OrderState, OrderRejection> {
  constructor(@Inject(EVENT_STORE) store: EventStore, @Inject(CLOCK) clock: Clock) {
    super(order, store, clock);
  }
}

export interface OrderRequest extends SealedPersonalData {
  readonly orderId: string;
  readonly customerId: string;
  readonly cartId: string | null;
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
  readonly paymentMethod: string;
}

type Offers = Extract<OrderCommand, { do: 'place' }>['offers'];

/** Approved by the simulated gateway. */
export const defaultPaymentMethod = 'tok_approve';

export class PlaceOrder extends Command<OrderOutcome> {
  constructor(
    readonly request: OrderRequest,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** Prices an order from the product streams as they are now, never from a view that may lag. */
@CommandHandler(PlaceOrder)
export class PlaceOrderHandler implements ICommandHandler<PlaceOrder> {
  private readonly products: AggregateReader<ProductEvent, ProductState>;

  constructor(
    private readonly orders: Orders,
    @Inject(EVENT_STORE) store: EventStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.products = new AggregateReader(product, store);
  }

  async execute({ request, context }: PlaceOrder): Promise<OrderOutcome> {
    const { orderId } = request;
    const skus = [...new Set(request.items.map(({ sku }) => sku))];
    const offers = await Promise.all(
      skus.map(async (sku) => [sku, offerOf((await this.products.load(sku)).state, sku)] as const),
    );
    const command = placeCommand(request, new Map(offers), this.clock.now());
    return this.orders.execute({ id: orderId, command, context });
  }
}

/** An order has one payment, whose id follows from its own. */
export const placeCommand = (request: OrderRequest, offers: Offers, at: Instant): OrderCommand => ({
  do: 'place',
  ...request,
  offers,
  paymentId: `pay-${request.orderId}`,
  at,
});
