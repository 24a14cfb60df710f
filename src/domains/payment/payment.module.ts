import { Module } from '@nestjs/common';
import { PaymentController } from './payment.controller.js';
import { Payments } from './payment.handlers.js';
import { PaymentReactions } from './payment.reactions.js';

@Module({ controllers: [PaymentController], providers: [Payments, PaymentReactions] })
export class PaymentModule {}
