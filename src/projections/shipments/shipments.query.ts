import { shipmentIn, type ShipmentLine } from '../../domains/shipping/contract.js';
import { type ReadableView } from '../../ports/views.js';
import { type PageOf } from '../page.js';
import { shipmentDetails, type ShipmentDetails } from './shipment-details.js';
import { type OrderShipments } from './shipments.projection.js';

export interface ShipmentsOfOrder extends PageOf<ShipmentDetails> {
  /** Units that are in no shipment and can be shipped again. */
  readonly leftOver: readonly ShipmentLine[];
}

export const shipment = async (
  view: ReadableView<OrderShipments>,
  orderId: string,
  shipmentId: string,
): Promise<ShipmentDetails | undefined> => {
  const doc = (await view.get(orderId))?.doc;
  const found = doc && shipmentIn(doc.shipping, shipmentId);
  return found && shipmentDetails(orderId, found, doc.revision);
};

export const noShipments: ShipmentsOfOrder = { items: [], leftOver: [], nextCursor: null };

/** All of them, oldest first; none while nothing is to be shipped. */
export const shipmentsOf = async (
  view: ReadableView<OrderShipments>,
  orderId: string,
): Promise<ShipmentsOfOrder> => {
  const doc = (await view.get(orderId))?.doc;
  if (doc === undefined || doc.shipping.is === 'absent') {
    return noShipments;
  }
  const { shipping, revision } = doc;
  const items = shipping.shipments.map((each) => shipmentDetails(orderId, each, revision));
  return { items, leftOver: shipping.leftOver, nextCursor: null };
};
