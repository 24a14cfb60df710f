/** The public records by event type, as they are decoded. Placeholder until they are generated from schemas/avro. */
export interface PublicEvents {
  OrderPlaced: { orderId: string; customerId: string };
  OrderConfirmed: { orderId: string };
  OrderRejected: { orderId: string; reason: { code: string; detail: string } };
  OrderCancellationRequested: { orderId: string; reason: { code: string; detail: string } };
  OrderShipped: {
    orderId: string;
    shipmentId: string;
    lines: { sku: string; quantity: number }[];
    complete: boolean;
  };
  OrderDelivered: { orderId: string };
  PaymentDeclined: { paymentId: string; orderId: string; code: string; detail: string };
  PaymentRefunded: {
    paymentId: string;
    orderId: string;
    refundId: string;
    amount: { amountMinor: number; currency: string };
    reason: string | null;
  };
}
