import { Module } from '@nestjs/common';
import { Payments } from './payment.handlers.js';
import { PaymentReactions } from './payment.reactions.js';

@Module({ providers: [Payments, PaymentReactions] })
export class PaymentModule {}
