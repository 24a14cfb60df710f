import { type Type } from '@nestjs/common';
import { CartController } from '../domains/cart/cart.controller.js';
import { CartModule } from '../domains/cart/cart.module.js';
import { CatalogModule } from '../domains/catalog/catalog.module.js';
import { ProductController } from '../domains/catalog/product.controller.js';
import { InventoryController } from '../domains/inventory/inventory.controller.js';
import { InventoryModule } from '../domains/inventory/inventory.module.js';
import { InventoryReactions } from '../domains/inventory/inventory.reactions.js';
import { DeadlineJob } from '../domains/order/deadline.job.js';
import { FulfilmentReactions } from '../domains/order/fulfilment.reactions.js';
import { OrderController } from '../domains/order/order.controller.js';
import { OrderModule } from '../domains/order/order.module.js';
import { OrderReactions } from '../domains/order/order.reactions.js';
import { PaymentController } from '../domains/payment/payment.controller.js';
import { PaymentModule } from '../domains/payment/payment.module.js';
import { PaymentReactions } from '../domains/payment/payment.reactions.js';
import { NotificationConsumer } from '../domains/notification/notification.consumer.js';
import { NotificationController } from '../domains/notification/notification.controller.js';
import { NotificationModule } from '../domains/notification/notification.module.js';
import { ShippingConsumers } from '../domains/shipping/shipping.consumer.js';
import { ShippingController } from '../domains/shipping/shipping.controller.js';
import { ShippingModule } from '../domains/shipping/shipping.module.js';
import { ShippingReactions } from '../domains/shipping/shipping.reactions.js';
import { type ServiceConsumers } from '../consumers/consumer.js';
import { type Job } from '../execution/periodic-job.js';
import { type ServiceReactions } from '../execution/service-reactions.js';
import { CartViewController, GetCartHandler } from '../projections/cart/cart.controller.js';
import {
  CatalogController,
  GetCatalogEntryHandler,
  SearchCatalogHandler,
} from '../projections/catalog/catalog.controller.js';
import {
  GetInventoryHandler,
  InventoryViewController,
} from '../projections/inventory/inventory.controller.js';
import {
  FindNotificationsHandler,
  NotificationViewController,
} from '../projections/notifications/notifications.controller.js';
import {
  FindOrdersHandler,
  GetOrderAsOfHandler,
  GetOrderHandler,
  OrderViewController,
} from '../projections/order-status/order-status.controller.js';
import { GetPaymentHandler, PaymentViewController } from '../projections/payments/payments.controller.js';
import { GetSalesHandler, SalesController } from '../projections/sales/sales.controller.js';
import {
  GetShipmentHandler,
  GetShipmentsOfOrderHandler,
  ShipmentViewController,
} from '../projections/shipments/shipments.controller.js';
import { type Service } from './config.js';

export interface ServiceParts {
  readonly module: Type;
  readonly controllers: readonly Type[];
  readonly queryHandlers: readonly Type[];
  readonly reactions: readonly Type<ServiceReactions>[];
  readonly consumers: readonly Type<ServiceConsumers>[];
  readonly jobs: readonly Type<Job>[];
}

/**
 * What a process does for each service: `controllers` in the role api, `reactions`, `consumers` and `jobs` in the
 * role process.
 */
export const serviceParts: Readonly<Record<Service, ServiceParts>> = {
  catalog: {
    module: CatalogModule,
    controllers: [ProductController, CatalogController],
    queryHandlers: [SearchCatalogHandler, GetCatalogEntryHandler],
    reactions: [],
    consumers: [],
    jobs: [],
  },
  cart: {
    module: CartModule,
    controllers: [CartController, CartViewController],
    queryHandlers: [GetCartHandler],
    reactions: [],
    consumers: [],
    jobs: [],
  },
  order: {
    module: OrderModule,
    controllers: [OrderController, OrderViewController, SalesController],
    queryHandlers: [GetOrderHandler, GetOrderAsOfHandler, FindOrdersHandler, GetSalesHandler],
    reactions: [OrderReactions, FulfilmentReactions],
    consumers: [],
    jobs: [DeadlineJob],
  },
  payment: {
    module: PaymentModule,
    controllers: [PaymentController, PaymentViewController],
    queryHandlers: [GetPaymentHandler],
    reactions: [PaymentReactions],
    consumers: [],
    jobs: [],
  },
  inventory: {
    module: InventoryModule,
    controllers: [InventoryController, InventoryViewController],
    queryHandlers: [GetInventoryHandler],
    reactions: [InventoryReactions],
    consumers: [],
    jobs: [],
  },
  shipping: {
    module: ShippingModule,
    controllers: [ShippingController, ShipmentViewController],
    queryHandlers: [GetShipmentHandler, GetShipmentsOfOrderHandler],
    reactions: [ShippingReactions],
    consumers: [ShippingConsumers],
    jobs: [],
  },
  notification: {
    module: NotificationModule,
    controllers: [NotificationController, NotificationViewController],
    queryHandlers: [FindNotificationsHandler],
    reactions: [],
    consumers: [NotificationConsumer],
    jobs: [],
  },
};
