import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type CommandContext } from '../../execution/command-context.js';
import { CommandExecutor, type CommandMessage, type Outcome } from '../../execution/command-executor.js';
import { derivedId } from '../../execution/derived-id.js';
import { CLOCK, EVENT_STORE } from '../../execution/tokens.js';
import { isRejection } from '../../kernel/rejection.js';
import { type Clock } from '../../ports/clock.js';
import { type EventStore } from '../../ports/event-store.js';
import { type SealedPersonalData } from '../order/contract.js';
import { cart, type CartCommand, type CartRejection, type CartState } from './model/cart.decider.js';
import { type CartEvent } from './model/cart.events.js';
import { Shelves } from './shelves.js';

export type CartOutcome = Outcome<CartEvent, CartState, CartRejection>;

export class ChangeCart extends Command<CartOutcome> implements CommandMessage<CartCommand> {
  constructor(
    readonly id: string,
    readonly command: CartCommand,
    readonly context: CommandContext,
  ) {
    super();
  }
}

@CommandHandler(ChangeCart)
export class Carts extends CommandExecutor<CartCommand, CartEvent, CartState, CartRejection> {
  constructor(@Inject(EVENT_STORE) store: EventStore, @Inject(CLOCK) clock: Clock) {
    super(cart, store, clock);
  }
}

export class AddToCart extends Command<CartOutcome> {
  constructor(
    readonly cartId: string,
    readonly sku: string,
    readonly quantity: number,
    readonly context: CommandContext,
  ) {
    super();
  }
}

@CommandHandler(AddToCart)
export class AddToCartHandler implements ICommandHandler<AddToCart> {
  constructor(
    private readonly carts: Carts,
    private readonly shelves: Shelves,
  ) {}

  async execute({ cartId, sku, quantity, context }: AddToCart): Promise<CartOutcome> {
    const command = { do: 'addItem', cartId, sku, quantity, offer: await this.shelves.offer(sku) } as const;
    return this.carts.execute({ id: cartId, command, context });
  }
}

export class ChangeCartItem extends Command<CartOutcome> {
  constructor(
    readonly cartId: string,
    readonly sku: string,
    readonly quantity: number,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** The line takes on today's price, which is how a customer accepts a price that has changed. */
@CommandHandler(ChangeCartItem)
export class ChangeCartItemHandler implements ICommandHandler<ChangeCartItem> {
  constructor(
    private readonly carts: Carts,
    private readonly shelves: Shelves,
  ) {}

  async execute({ cartId, sku, quantity, context }: ChangeCartItem): Promise<CartOutcome> {
    const offer = await this.shelves.offer(sku);
    const unitPrice = isRejection(offer) ? null : offer.price;
    const command = { do: 'changeQuantity', cartId, sku, quantity, unitPrice } as const;
    return this.carts.execute({ id: cartId, command, context });
  }
}

export class CheckOutCart extends Command<CartOutcome> {
  constructor(
    readonly cartId: string,
    readonly paymentMethod: string | null,
    readonly personal: SealedPersonalData,
    readonly context: CommandContext,
  ) {
    super();
  }
}

@CommandHandler(CheckOutCart)
export class CheckOutCartHandler implements ICommandHandler<CheckOutCart> {
  constructor(
    private readonly carts: Carts,
    private readonly shelves: Shelves,
  ) {}

  async execute({ cartId, paymentMethod, personal, context }: CheckOutCart): Promise<CartOutcome> {
    const { state } = await this.carts.load(cartId);
    const skus = state.is === 'open' ? state.lines.map(({ sku }) => sku) : [];
    const offers = skus.map(async (sku) => [sku, await this.shelves.offer(sku)] as const);
    const available = skus.map(async (sku) => [sku, await this.shelves.available(sku)] as const);
    const command: CartCommand = {
      do: 'checkOut',
      cartId,
      orderId: orderIdOf(cartId),
      offers: new Map(await Promise.all(offers)),
      available: new Map(await Promise.all(available)),
      paymentMethod,
      ...personal,
    };
    return this.carts.execute({ id: cartId, command, context });
  }
}

/** A cart becomes one order, whoever asks and however often. */
export const orderIdOf = (cartId: string): string => derivedId('cart', cartId);
