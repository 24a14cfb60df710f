import { Injectable } from '@nestjs/common';
import { type Consumed, type Consumer, type ServiceConsumers } from '../../consumers/consumer.js';
import { subscription } from '../../consumers/subscriptions.js';
import { causedBy } from '../../execution/command-context.js';
import { derivedId } from '../../execution/derived-id.js';
import { isRejection } from '../../kernel/rejection.js';
import { Correspondence } from './correspondence.js';
import { templateOf, type ToldEvent } from './model/letters.js';
import { Notifications } from './notification.handlers.js';

type Told = ToldEvent['type'];

const actor = 'notification';

/** Tells customers of what happens to their orders. */
@Injectable()
export class NotificationConsumer implements ServiceConsumers {
  constructor(
    private readonly notifications: Notifications,
    private readonly correspondence: Correspondence,
  ) {}

  consumers(): readonly Consumer[] {
    const told: Consumer<Told> = {
      ...subscription('notification'),
      handle: (event) => this.tell(event),
    };
    return [told];
  }

  /**
   * Once per order, template and event: what has an outcome is not tried again. When the process ends between
   * sending and recording, the mail is sent again under the same id.
   */
  private async tell(event: Consumed<Told>): Promise<void> {
    const { id: aboutEventId, type } = event;
    const { orderId } = event.data;
    const notificationId = derivedId(orderId, templateOf[type], aboutEventId);
    const { state } = await this.notifications.load(notificationId);
    if (state.is !== 'absent') return;
    const command = await this.correspondence.send({ notificationId, orderId, aboutEventId, attempt: 1 });
    const context = causedBy(event, actor);
    const outcome = await this.notifications.execute({ id: notificationId, command, context });
    if (isRejection(outcome)) throw new Error(outcome.detail);
  }
}
