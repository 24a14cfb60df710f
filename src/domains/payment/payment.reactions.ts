import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { causedBy } from '../../execution/command-context.js';
import { derivedId } from '../../execution/derived-id.js';
import { withPatience } from '../../execution/pause.js';
import { type Reaction } from '../../execution/reactor.js';
import { reportRefusal, type ServiceReactions, streamsOf } from '../../execution/service-reactions.js';
import { LOGGER, PAYMENT_GATEWAY } from '../../execution/tokens.js';
import { type RecordedEvent, upcast } from '../../kernel/envelope.js';
import { minus } from '../../kernel/money.js';
import { isRejection } from '../../kernel/rejection.js';
import { type Logger } from '../../ports/logger.js';
import { type AuthorisationAnswer, type PaymentGateway } from '../../ports/payment-gateway.js';
import { fulfilmentCategory, fulfilmentEvents } from '../order/contract.js';
import { type PaymentCommand } from './model/payment.decider.js';
import { paymentCategory, type PaymentEvent, paymentEvents } from './model/payment.events.js';
import { ChangePayment, type PaymentOutcome, Payments } from './payment.handlers.js';

export const PAYMENT_SETTINGS = Symbol('PaymentSettings');

export interface PaymentSettings {
  /** How long an answer of the gateway is waited for; a later one is still heard while the process runs. */
  readonly authorisationTimeoutMs: number;
}

const actor = 'payment';

/** Does what fulfilment asks of the payment, and tells the gateway what was decided. */
@Injectable()
export class PaymentReactions implements ServiceReactions {
  constructor(
    private readonly commands: CommandBus,
    private readonly payments: Payments,
    @Inject(PAYMENT_GATEWAY) private readonly gateway: PaymentGateway,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(PAYMENT_SETTINGS) private readonly settings: PaymentSettings,
  ) {}

  reactions(): readonly Reaction[] {
    return [
      {
        name: 'payment.fulfilment',
        filter: streamsOf(fulfilmentCategory),
        keyOf: ({ stream }) => stream,
        react: (event) => this.followFulfilment(event),
      },
      {
        name: 'payment.gateway',
        // Payments that never answer must not stand in the way of those that do.
        maxInFlight: 50_000,
        filter: streamsOf(paymentCategory),
        // A void must not wait for the answer that it makes superfluous; the rest goes to the gateway in order.
        keyOf: ({ type, id, stream }) => (type === 'PaymentRequested' ? id : stream),
        react: (event, signal) => this.tellGateway(event, signal),
      },
    ];
  }

  private async followFulfilment(recorded: RecordedEvent): Promise<void> {
    const event = upcast(fulfilmentEvents, recorded, 'payment.fulfilment');
    if (event.type === 'AuthorisationRequested') {
      const { paymentId, orderId, customerId, amount, method } = event.data;
      await this.change({ do: 'request', paymentId, orderId, customerId, amount, method }, recorded);
    } else if (event.type === 'CaptureRequested') {
      const { paymentId, amount } = event.data;
      await this.change({ do: 'capture', paymentId, amount }, recorded);
    } else if (event.type === 'PaymentReturnRequested') {
      await this.giveBack(event.data.paymentId, recorded);
    }
  }

  /** A void is refused when the payment has been captured, even if only just now. */
  private async giveBack(paymentId: string, cause: RecordedEvent): Promise<void> {
    const voided = await this.send({ do: 'void', paymentId }, cause);
    if (!isRejection(voided) || voided.code !== 'PAYMENT_CAPTURED') {
      reportRefusal(voided, cause, this.logger);
      return;
    }
    const { state } = await this.payments.load(paymentId);
    if (state.is !== 'captured') throw new Error(`Payment ${paymentId} was captured and no longer is.`);
    const amount = minus(state.captured, state.refunded);
    const reason = 'The order was cancelled.';
    await this.change({ do: 'refund', paymentId, refundId: derivedId(cause.id), amount, reason }, cause);
  }

  private async tellGateway(recorded: RecordedEvent, signal: AbortSignal): Promise<void> {
    const event = upcast(paymentEvents, recorded, 'payment.gateway');
    switch (event.type) {
      case 'PaymentRequested':
        return this.authorise(event.data, recorded, signal);
      case 'PaymentCaptured':
        return this.gateway.capture(event.data.paymentId, event.data.amount);
      case 'PaymentVoided':
        return this.gateway.void(event.data.paymentId);
      case 'PaymentRefunded':
        return this.gateway.refund(event.data.paymentId, event.data.refundId, event.data.amount);
      default:
    }
  }

  private async authorise(
    { paymentId, amount, method }: Extract<PaymentEvent, { type: 'PaymentRequested' }>['data'],
    cause: RecordedEvent,
    signal: AbortSignal,
  ): Promise<void> {
    const { state } = await this.payments.load(paymentId);
    if (state.is !== 'requested') return;
    let over = false;
    const answered = async (answer: AuthorisationAnswer): Promise<void> => {
      const command: PaymentCommand =
        answer.answer === 'approved'
          ? { do: 'recordApproval', paymentId, authorisationId: answer.authorisationId }
          : { do: 'recordDecline', paymentId, code: answer.code, detail: answer.detail };
      try {
        await this.change(command, cause);
      } catch (error) {
        // Nobody waits any longer who could try again.
        const { id: eventId, stream } = cause;
        if (over) this.logger.error({ err: error, eventId, stream }, 'A late answer could not be recorded');
        throw error;
      }
    };
    await withPatience(this.settings.authorisationTimeoutMs, signal, (patience) =>
      this.gateway.authorise({ paymentId, amount, method }, answered, patience),
    );
    over = true;
    // Stopped while waiting: the next process asks again.
    signal.throwIfAborted();
  }

  private async change(command: PaymentCommand, cause: RecordedEvent): Promise<void> {
    reportRefusal(await this.send(command, cause), cause, this.logger);
  }

  private send(command: PaymentCommand, cause: RecordedEvent): Promise<PaymentOutcome> {
    const context = causedBy(cause, actor, command.do);
    return this.commands.execute(new ChangePayment(command.paymentId, command, context));
  }
}
