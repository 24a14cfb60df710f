import { Module } from '@nestjs/common';
import { ShippingConsumers } from './shipping.consumer.js';
import { Shippings } from './shipping.handlers.js';
import { ShippingReactions } from './shipping.reactions.js';

@Module({ providers: [Shippings, ShippingReactions, ShippingConsumers] })
export class ShippingModule {}
