import { type CartRejection } from '../domains/cart/contract.js';
import { type ProductRejection } from '../domains/catalog/contract.js';
import { type InventoryRejection } from '../domains/inventory/contract.js';
import { type NotificationRejection } from '../domains/notification/contract.js';
import { type OrderRejection } from '../domains/order/contract.js';
import { type PaymentRejection } from '../domains/payment/contract.js';
import { type ShippingRejection } from '../domains/shipping/contract.js';
import { type ExecutionRejection } from '../execution/command-executor.js';
import { type DeskRefusal } from '../projections/rebuild/desk.js';

export type RejectionCode = (
  | CartRejection
  | ProductRejection
  | InventoryRejection
  | OrderRejection
  | PaymentRejection
  | ShippingRejection
  | NotificationRejection
  | ExecutionRejection
  | DeskRefusal
)['code'];

/**
 * What every refusal is in HTTP: 404 what is addressed is not there, 409 its state forbids it, 412 it has moved on,
 * 422 the request can never be carried out as it stands.
 */
export const rejectionStatus: Readonly<Record<RejectionCode, 404 | 409 | 412 | 422>> = {
  REVISION_MISMATCH: 412,
  IDEMPOTENCY_KEY_REUSED: 422,

  PRODUCT_NOT_FOUND: 404,
  PRODUCT_EXISTS: 409,
  PRODUCT_HAS_NO_PRICE: 409,
  PRODUCT_DISCONTINUED: 422,
  PRICE_INVALID: 422,
  UNKNOWN_SKU: 422,
  PRODUCT_NOT_PUBLISHED: 422,

  QUANTITY_INVALID: 422,
  STOCK_TOO_LARGE: 422,
  ADJUSTMENT_EXCEEDS_AVAILABLE: 409,
  RESERVATION_NOT_FOUND: 404,
  RESERVATION_COMMITTED: 409,
  RESERVATION_CLOSED: 409,
  COMMIT_EXCEEDS_RESERVED: 409,

  CART_NOT_FOUND: 404,
  CART_EXISTS: 409,
  CART_CLOSED: 409,
  CART_EMPTY: 409,
  CART_FULL: 409,
  CART_ITEM_NOT_FOUND: 404,
  CURRENCY_MISMATCH: 422,
  TOTAL_TOO_LARGE: 422,
  PRICE_CHANGED: 409,
  OUT_OF_STOCK: 409,

  ORDER_NOT_FOUND: 404,
  ORDER_EMPTY: 422,
  ORDER_ALREADY_CONFIRMED: 409,
  ORDER_ALREADY_REJECTED: 409,
  ORDER_ALREADY_CANCELLED: 409,
  ORDER_NOT_CANCELLABLE: 409,
  ORDER_NOT_SHIPPABLE: 409,
  SHIPMENT_EMPTY: 422,
  SHIPMENT_EXCEEDS_ORDER: 409,
  ORDER_NOT_DELIVERABLE: 409,
  ORDER_NOT_RETURNABLE: 409,

  PAYMENT_NOT_FOUND: 404,
  PAYMENT_EXISTS: 409,
  AMOUNT_INVALID: 422,
  PAYMENT_NOT_AUTHORISED: 409,
  CAPTURE_EXCEEDS_AUTHORISED: 409,
  PAYMENT_CAPTURED: 409,
  PAYMENT_NOT_CAPTURED: 409,
  REFUND_EXCEEDS_CAPTURED: 409,

  SHIPPING_NOT_FOUND: 404,
  SHIPPING_STOPPED: 409,
  SHIPMENT_NOT_FOUND: 404,
  SHIPMENT_EXCEEDS_LEFT_OVER: 409,
  SPLIT_EXCEEDS_SHIPMENT: 409,
  SPLIT_LEAVES_NOTHING: 409,
  SHIPMENT_NOT_DISPATCHED: 409,
  SHIPMENT_DISPATCHED: 409,
  SHIPMENT_DELIVERED: 409,
  SHIPMENT_FAILED: 409,
  NOTIFICATION_NOT_FOUND: 404,
  NO_CONTACT: 409,
  CONTACT_FORGOTTEN: 409,
  RESEND_OVERTAKEN: 409,

  PROJECTION_NOT_FOUND: 404,
  REBUILD_IN_PROGRESS: 409,
  NO_REBUILD: 409,
  REBUILD_NOT_WAITING: 409,
  REBUILD_NOT_FAILED: 409,
  OTHER_VERSION_SERVES: 409,
  NO_FORMER_GENERATION: 409,
  FORMER_GENERATION_BEHIND: 409,
};
