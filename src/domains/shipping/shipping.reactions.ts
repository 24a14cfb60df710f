import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { causedBy } from '../../execution/command-context.js';
import { type Reaction } from '../../execution/reactor.js';
import { reportRefusal, type ServiceReactions, streamsOf } from '../../execution/service-reactions.js';
import { CARRIER, LOGGER } from '../../execution/tokens.js';
import { type RecordedEvent, upcast } from '../../kernel/envelope.js';
import { type Carrier, type CarrierReport } from '../../ports/carrier.js';
import { type Logger } from '../../ports/logger.js';
import { shipmentCategory, shipmentEvents } from './model/shipment.events.js';
import { shipmentIn, type ShippingCommand } from './model/shipping.decider.js';
import { ChangeShipping, Shippings } from './shipping.handlers.js';

const actor = 'carrier';

interface Parcel {
  readonly orderId: string;
  readonly shipmentId: string;
}

/** Announces shipments to the carrier and records what it reports, until they are delivered or come to nothing. */
@Injectable()
export class ShippingReactions implements ServiceReactions {
  /** What is waited for, by shipment. One process at a time runs the reaction. */
  private readonly waits = new Map<string, AbortController>();

  constructor(
    private readonly commands: CommandBus,
    private readonly shippings: Shippings,
    @Inject(CARRIER) private readonly carrier: Carrier,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  reactions(): readonly Reaction[] {
    return [
      {
        name: 'shipping.carrier',
        // Parcels take days; they must not stand in the way of each other, nor of the end of their own wait.
        maxInFlight: 50_000,
        filter: streamsOf(shipmentCategory),
        keyOf: ({ id }) => id,
        react: (event, signal) => this.react(event, signal),
      },
    ];
  }

  private async react(recorded: RecordedEvent, signal: AbortSignal): Promise<void> {
    const { type, data } = upcast(shipmentEvents, recorded, 'shipping.carrier');
    switch (type) {
      case 'ShipmentCreated':
        return this.attend(data, recorded, signal);
      case 'ShipmentSplit': {
        // What was announced before is no longer what will be sent.
        const { orderId, newShipmentId } = data;
        const parcels = [data, { orderId, shipmentId: newShipmentId }];
        await Promise.all(parcels.map((parcel) => this.attend(parcel, recorded, signal)));
        return;
      }
      case 'ShipmentDelivered':
      case 'ShipmentFailed':
        this.waits.get(data.shipmentId)?.abort();
        return;
      case 'ShippingStopped': {
        const { state } = await this.shippings.load(data.orderId);
        const shipments = state.is === 'absent' ? [] : state.shipments;
        for (const { shipmentId } of shipments) this.waits.get(shipmentId)?.abort();
        return;
      }
      default:
    }
  }

  private async attend(parcel: Parcel, cause: RecordedEvent, signal: AbortSignal): Promise<void> {
    const { shipmentId } = parcel;
    const wait = new AbortController();
    const end = (): void => {
      wait.abort();
    };
    this.waits.get(shipmentId)?.abort();
    this.waits.set(shipmentId, wait);
    signal.addEventListener('abort', end, { once: true });
    try {
      if (signal.aborted) end();
      await this.ship(parcel, cause, wait.signal);
    } finally {
      signal.removeEventListener('abort', end);
      if (this.waits.get(shipmentId) === wait) this.waits.delete(shipmentId);
    }
    // Stopped while waiting: the next process asks again.
    signal.throwIfAborted();
  }

  private async ship(
    { orderId, shipmentId }: Parcel,
    cause: RecordedEvent,
    signal: AbortSignal,
  ): Promise<void> {
    const shipment = shipmentIn((await this.shippings.load(orderId)).state, shipmentId);
    if (signal.aborted || (shipment?.is !== 'pending' && shipment?.is !== 'dispatched')) return;
    const reported = async (report: CarrierReport): Promise<void> => {
      try {
        await this.record(report, { orderId, shipmentId }, cause);
      } catch (error) {
        // Nobody waits any longer who could try again.
        const { id: eventId, stream } = cause;
        if (signal.aborted)
          this.logger.error(
            { err: error, eventId, stream },
            'A late report of the carrier could not be recorded',
          );
        throw error;
      }
    };
    await this.carrier.ship({ orderId, shipmentId, lines: shipment.lines }, reported, signal);
  }

  private async record(report: CarrierReport, parcel: Parcel, cause: RecordedEvent): Promise<void> {
    const command = commandOf(report, parcel);
    const context = causedBy(cause, actor, `${command.do} ${parcel.shipmentId}`);
    const outcome = await this.commands.execute(new ChangeShipping(parcel.orderId, command, context));
    reportRefusal(outcome, cause, this.logger);
  }
}

const commandOf = (report: CarrierReport, parcel: Parcel): ShippingCommand => {
  const { orderId, shipmentId } = parcel;
  switch (report.report) {
    case 'collected':
      return { do: 'dispatch', orderId, shipmentId, trackingNumber: report.trackingNumber };
    case 'delivered':
      return { do: 'deliver', orderId, shipmentId };
    case 'failed':
      return { do: 'fail', orderId, shipmentId, reason: report.reason };
  }
};
