import { Module } from '@nestjs/common';
import { AddToCartHandler, Carts, ChangeCartItemHandler, CheckOutCartHandler } from './cart.handlers.js';
import { Shelves } from './shelves.js';

@Module({
  providers: [Carts, Shelves, AddToCartHandler, ChangeCartItemHandler, CheckOutCartHandler],
})
export class CartModule {}
