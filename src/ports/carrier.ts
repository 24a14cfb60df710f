export interface Consignment {
  readonly shipmentId: string;
  readonly orderId: string;
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
}

export type CarrierReport =
  | { readonly report: 'collected'; readonly trackingNumber: string }
  | { readonly report: 'delivered' }
  | { readonly report: 'failed'; readonly reason: string };

/** The company that moves the parcels. Every call may be repeated. */
export interface Carrier {
  /**
   * Announces a parcel. Reports go to `reported`: late, twice or never, as with a web hook. Resolves when the parcel
   * needs no more attention or the signal ends the wait, whichever comes first.
   */
  ship(
    consignment: Consignment,
    reported: (report: CarrierReport) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
}
