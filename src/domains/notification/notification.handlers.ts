import { Inject, Injectable } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type CommandContext } from '../../execution/command-context.js';
import { CommandExecutor, type Outcome } from '../../execution/command-executor.js';
import { CLOCK, EVENT_STORE } from '../../execution/tokens.js';
import { isRejection, reject } from '../../kernel/rejection.js';
import { type Clock } from '../../ports/clock.js';
import { type EventStore } from '../../ports/event-store.js';
import { Correspondence } from './correspondence.js';
import {
  notification,
  type NotificationCommand,
  type NotificationRejection,
  type NotificationState,
} from './model/notification.decider.js';
import { type NotificationEvent } from './model/notification.events.js';

export type NotificationOutcome = Outcome<NotificationEvent, NotificationState, NotificationRejection>;

@Injectable()
export class Notifications extends CommandExecutor<
  NotificationCommand,
  NotificationEvent,
  NotificationState,
  NotificationRejection
> {
  constructor(@Inject(EVENT_STORE) store: EventStore, @Inject(CLOCK) clock: Clock) {
    super(notification, store, clock);
  }
}

export class ResendNotification extends Command<NotificationOutcome> {
  constructor(
    readonly notificationId: string,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** Sends a notification once more because somebody asks for it, as the attempt after the last. */
@CommandHandler(ResendNotification)
export class ResendNotificationHandler implements ICommandHandler<ResendNotification> {
  constructor(
    private readonly notifications: Notifications,
    private readonly correspondence: Correspondence,
  ) {}

  async execute({ notificationId: id, context }: ResendNotification): Promise<NotificationOutcome> {
    const { state, revision, commands } = await this.notifications.load(id);
    if (state.is === 'absent') {
      return reject('NOTIFICATION_NOT_FOUND', `There is no notification ${id}.`);
    }
    const { commandId, ifMatch } = context;
    if (commands.has(commandId) || (ifMatch !== undefined && ifMatch !== revision)) {
      // Answered again or refused, with nothing sent: the last attempt is recorded already.
      const last = { do: 'recordSent', ...state.message, attempt: state.attempts } as const;
      return this.notifications.execute({ id, command: last, context });
    }
    const command = await this.correspondence.send({ ...state.message, attempt: state.attempts + 1 });
    if (command.do === 'recordFailure' && isUnreachable(command.code)) {
      return reject(command.code, command.detail);
    }
    const outcome = await this.notifications.execute({ id, command, context });
    if (isRejection(outcome) || outcome.events.length > 0) return outcome;
    const detail = `Somebody else sent notification ${id} again at the same moment. Look at it before you send it once more.`;
    return reject('RESEND_OVERTAKEN', detail);
  }
}

/** Nobody can be written to, however often somebody asks. */
const isUnreachable = (code: string): code is 'NO_CONTACT' | 'CONTACT_FORGOTTEN' =>
  code === 'NO_CONTACT' || code === 'CONTACT_FORGOTTEN';
