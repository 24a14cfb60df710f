import { type Shipment, type ShipmentLine } from '../../domains/shipping/contract.js';

export interface ShipmentDetails {
  readonly shipmentId: string;
  readonly orderId: string;
  readonly status: Shipment['is'];
  readonly lines: readonly ShipmentLine[];
  readonly trackingNumber: string | null;
  /** Why it failed. */
  readonly reason: string | null;
  /** Of the stream that all shipments of the order share. */
  readonly revision: number;
}

export const shipmentDetails = (orderId: string, shipment: Shipment, revision: number): ShipmentDetails => ({
  shipmentId: shipment.shipmentId,
  orderId,
  status: shipment.is,
  lines: shipment.lines,
  trackingNumber: 'trackingNumber' in shipment ? shipment.trackingNumber : null,
  reason: 'reason' in shipment ? shipment.reason : null,
  revision,
});
