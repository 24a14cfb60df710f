import { Module } from '@nestjs/common';
import { FulfilmentReactions } from './fulfilment.reactions.js';
import { OrderController } from './order.controller.js';
import { Orders, PlaceOrderHandler } from './order.handlers.js';
import { OrderReactions } from './order.reactions.js';

@Module({
  controllers: [OrderController],
  providers: [Orders, PlaceOrderHandler, OrderReactions, FulfilmentReactions],
})
export class OrderModule {}
