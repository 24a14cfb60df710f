import { Module } from '@nestjs/common';
import { Correspondence } from './correspondence.js';
import { NotificationConsumer } from './notification.consumer.js';
import { Notifications, ResendNotificationHandler } from './notification.handlers.js';

@Module({ providers: [Notifications, Correspondence, ResendNotificationHandler, NotificationConsumer] })
export class NotificationModule {}
