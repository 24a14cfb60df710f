import { Module } from '@nestjs/common';
import { CartController } from './cart.controller.js';
import { AddToCartHandler, Carts, ChangeCartItemHandler, CheckOutCartHandler } from './cart.handlers.js';
import { Shelves } from './shelves.js';

@Module({
  controllers: [CartController],
  providers: [Carts, Shelves, AddToCartHandler, ChangeCartItemHandler, CheckOutCartHandler],
})
export class CartModule {}
