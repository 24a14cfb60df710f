import { type Attributes } from '@opentelemetry/api';
import { type Carrier } from '../../ports/carrier.js';
import { type Mailer } from '../../ports/mailer.js';
import { type PaymentGateway } from '../../ports/payment-gateway.js';
import { type Tracing } from './tracing.js';

const call = (name: string, attributes: Attributes) => ({ name, kind: 'CLIENT' as const, attributes });

/** A mailer whose mails are spans; of the mail they hold the id alone. */
export const tracedMailer = (mailer: Mailer, tracing: Tracing): Mailer => ({
  send: (mail) => tracing.run(call('send mail', { 'commerce.mail.id': mail.id }), () => mailer.send(mail)),
  sent: (ids) => mailer.sent(ids),
});

/** A gateway whose calls are spans. A late answer goes on with the trace of the call. */
export const tracedGateway = (gateway: PaymentGateway, tracing: Tracing): PaymentGateway => {
  const payment = (id: string) => ({ 'commerce.payment.id': id });
  return {
    authorise: (request, answered, signal) =>
      tracing.run(call('authorise payment', payment(request.paymentId)), (span) =>
        gateway.authorise(
          request,
          (answer) => {
            span.set({ 'commerce.payment.answer': answer.answer });
            return span.within(() => answered(answer));
          },
          signal,
        ),
      ),
    void: (id) => tracing.run(call('void payment', payment(id)), () => gateway.void(id)),
    capture: (id, amount) =>
      tracing.run(call('capture payment', payment(id)), () => gateway.capture(id, amount)),
    refund: (id, refundId, amount) =>
      tracing.run(call('refund payment', payment(id)), () => gateway.refund(id, refundId, amount)),
  };
};

/** A carrier whose calls are spans, as long as the parcel is under way; what it reports goes on with their trace. */
export const tracedCarrier = (carrier: Carrier, tracing: Tracing): Carrier => ({
  ship: (consignment, reported, signal) => {
    const { shipmentId, orderId } = consignment;
    const ids = { 'commerce.shipment.id': shipmentId, 'commerce.order.id': orderId };
    return tracing.run(call('ship parcel', ids), (span) =>
      carrier.ship(consignment, (report) => span.within(() => reported(report)), signal),
    );
  },
});
