import { createHash } from 'node:crypto';
import { pause } from '../../execution/pause.js';
import { type Carrier, type CarrierReport, type Consignment } from '../../ports/carrier.js';

/**
 * A carrier that moves nothing: it reports each parcel collected after a pause and delivered after another. The
 * tracking number follows from the shipment, so there is nothing to remember: asked again after a restart, it reports
 * the same from the beginning.
 */
export class SimulatedCarrier implements Carrier {
  constructor(private readonly options: { readonly pauseMs: number }) {}

  async ship(
    { shipmentId }: Consignment,
    reported: (report: CarrierReport) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const reports: readonly CarrierReport[] = [
      { report: 'collected', trackingNumber: trackingNumberOf(shipmentId) },
      { report: 'delivered' },
    ];
    for (const report of reports) {
      await pause(this.options.pauseMs, signal);
      if (signal.aborted) return;
      await reported(report);
    }
  }
}

const trackingNumberOf = (shipmentId: string): string =>
  `SIM-${createHash('sha256').update(shipmentId).digest('hex').slice(0, 12).toUpperCase()}`;
