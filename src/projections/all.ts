import { cartProjection } from './cart/cart.projection.js';
import { catalogProjection } from './catalog/catalog.projection.js';
import { deadlinesProjection } from './deadlines/deadlines.projection.js';
import { fulfilmentsProjection } from './fulfilments/fulfilments.projection.js';
import { inventoryProjection } from './inventory/inventory.projection.js';
import { notificationsProjection } from './notifications/notifications.projection.js';
import { orderStatusProjection } from './order-status/order-status.projection.js';
import { paymentsProjection } from './payments/payments.projection.js';
import { salesProjection } from './sales/sales.projection.js';
import { shipmentsProjection } from './shipments/shipments.projection.js';
import { type AnyProjection } from './projection.js';

/** Every view there is, and the service whose process keeps it. */
export interface OwnedProjection {
  readonly service: 'catalog' | 'cart' | 'order' | 'inventory' | 'payment' | 'shipping' | 'notification';
  readonly projection: AnyProjection;
}

export const allProjections: readonly OwnedProjection[] = [
  { service: 'catalog', projection: catalogProjection },
  { service: 'cart', projection: cartProjection },
  { service: 'order', projection: orderStatusProjection },
  { service: 'order', projection: deadlinesProjection },
  { service: 'order', projection: salesProjection },
  { service: 'order', projection: fulfilmentsProjection },
  { service: 'inventory', projection: inventoryProjection },
  { service: 'payment', projection: paymentsProjection },
  { service: 'shipping', projection: shipmentsProjection },
  { service: 'notification', projection: notificationsProjection },
];

export const projectionsOf = (services: readonly OwnedProjection['service'][]): readonly AnyProjection[] =>
  allProjections.filter(({ service }) => services.includes(service)).map(({ projection }) => projection);
