import { Module } from '@nestjs/common';
import { DeadlineJob } from './deadline.job.js';
import { Fulfilments } from './fulfilment.handlers.js';
import { FulfilmentReactions } from './fulfilment.reactions.js';
import { Orders, PlaceOrderHandler } from './order.handlers.js';
import { OrderReactions } from './order.reactions.js';

@Module({
  providers: [Orders, PlaceOrderHandler, OrderReactions, Fulfilments, FulfilmentReactions, DeadlineJob],
})
export class OrderModule {}
