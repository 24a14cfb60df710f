import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandBus } from '@nestjs/cqrs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../../adapters/embedded/index.js';
import { logbook } from '../../execution/testing/logbook.js';
import { type Carrier, type CarrierReport } from '../../ports/carrier.js';
import { type RecordedEvent } from '../../kernel/envelope.js';
import { eventually } from '../../testing/eventually.js';
import { type ShippingCommand } from './model/shipping.decider.js';
import { type ChangeShipping, Shippings } from './shipping.handlers.js';
import { ShippingReactions } from './shipping.reactions.js';

const orderId = 'o';
const of = (sku: string, quantity: number) => ({ sku, quantity });
const first = { orderId, shipmentId: 'o.1' };
const lines = [of('tea', 3)];
const plan: ShippingCommand = { do: 'plan', orderId, customerId: 'ann', lines, shippingAddress: null };
const split: ShippingCommand = { do: 'split', ...first, lines: [of('tea', 1)] };
const dispatch: ShippingCommand = { do: 'dispatch', ...first, trackingNumber: 'T' };
const deliver: ShippingCommand = { do: 'deliver', ...first };
const fail: ShippingCommand = { do: 'fail', ...first, reason: 'Sunk' };
const stop: ShippingCommand = { do: 'stop', orderId };
const collected: CarrierReport = { report: 'collected', trackingNumber: 'T' };
const delivered: CarrierReport = { report: 'delivered' };
const lost: CarrierReport = { report: 'failed', reason: 'Sunk' };

interface Announcement {
  readonly parcel: string;
  readonly reported: (report: CarrierReport) => Promise<void>;
  readonly signal: AbortSignal;
}

describe("the shipping service's carrier", () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;
  let shippings: Shippings;
  let log: ReturnType<typeof logbook>;
  let announced: Announcement[];
  let beforeCommands: (() => Promise<unknown>)[];
  /** What the carrier does with a parcel; by default it waits for the end of the wait. */
  let ship: (announcement: Announcement) => Promise<void>;
  let sent = 0;
  let react: (event: RecordedEvent, signal: AbortSignal) => Promise<void>;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'carrier-'));
    engine = openEmbedded({ dataDir });
    log = logbook();
    announced = [];
    beforeCommands = [];
    ship = ({ signal }) => aborted(signal);
    restart();
  });

  afterEach(async () => {
    await engine.close();
    await rm(dataDir, { recursive: true });
  });

  /** A process that knows nothing takes over. */
  const restart = (): void => {
    const { eventStore } = engine;
    shippings = new Shippings(eventStore, { now: () => '2026-01-02T03:04:05.678Z' });
    const execute = async (command: ChangeShipping) => {
      await beforeCommands.shift()?.();
      return shippings.execute(command);
    };
    const carrier: Carrier = {
      ship: ({ shipmentId, lines: all }, reported, signal) => {
        const parcel = `${shipmentId}: ${all.map(({ sku, quantity }) => `${quantity} ${sku}`).join()}`;
        const announcement = { parcel, reported, signal };
        announced.push(announcement);
        return ship(announcement);
      },
    };
    const bus = { execute } as unknown as CommandBus;
    const [only] = new ShippingReactions(bus, shippings, carrier, log.logger).reactions();
    if (only === undefined) throw new Error('There is one.');
    react = (event, signal) => only.react(event, signal);
  };

  const given = async (...commands: readonly ShippingCommand[]): Promise<readonly RecordedEvent[]> => {
    for (const command of commands) {
      const context = {
        commandId: `c${(sent += 1)}`,
        correlationId: 'c',
        causationId: 'c',
        actor: 'tester',
      };
      await shippings.execute({ id: orderId, command, context });
    }
    return engine.eventStore.readStream('shipment-o');
  };
  const facts = async () =>
    (await engine.eventStore.readStream('shipment-o')).map(({ type, metadata }) => [type, metadata.actor]);
  /** The waits that events of this type begin; the last one, when there are several. */
  const begin = (events: readonly RecordedEvent[], type: string, signal = new AbortController().signal) => {
    const event = events.findLast((each) => each.type === type);
    if (event === undefined) throw new Error(`There is no ${type}.`);
    return react(event, signal);
  };
  const all = (count: number) => eventually(`${count} announcements`, () => announced.length === count);

  it('is told of a shipment, and what it reports is recorded once however often it comes', async () => {
    const events = await given(plan);
    ship = async ({ reported }) => {
      for (const report of [collected, collected, delivered, delivered]) await reported(report);
    };
    await begin(events, 'ShipmentCreated');
    expect(announced.map(({ parcel }) => parcel)).toStrictEqual(['o.1: 3 tea']);
    const after = [
      ['ShippingPlanned', 'tester'],
      ['ShipmentCreated', 'tester'],
      ['ShipmentDispatched', 'carrier'],
      ['ShipmentDelivered', 'carrier'],
    ];
    expect(await facts()).toStrictEqual(after);
    const [, created, ...reports] = await engine.eventStore.readStream('shipment-o');
    expect(reports.map(({ metadata }) => metadata.causationId)).toStrictEqual([created?.id, created?.id]);
    // Delivered: there is nothing to ask for any more.
    restart();
    await begin(events, 'ShipmentCreated');
    expect(announced).toHaveLength(1);
    expect(log.entries).toStrictEqual([]);
  });

  it('is told again after a restart, as long as it has not been delivered', async () => {
    const stopping = new AbortController();
    const events = await given(plan, dispatch);
    const waiting = begin(events, 'ShipmentCreated', stopping.signal);
    await all(1);
    stopping.abort();
    await expect(waiting).rejects.toThrow(/abort/);
    restart();
    ship = async ({ reported }) => {
      await reported(collected);
      await reported(lost);
    };
    await begin(events, 'ShipmentCreated');
    expect((await facts()).slice(2)).toStrictEqual([
      ['ShipmentDispatched', 'tester'],
      ['ShipmentFailed', 'carrier'],
    ]);
    expect(log.entries).toStrictEqual([]);
  });

  it('is not waited for by a process that stops before it was told', async () => {
    const events = await given(plan);
    await expect(begin(events, 'ShipmentCreated', AbortSignal.abort())).rejects.toThrow(/abort/);
    expect(announced).toStrictEqual([]);
  });

  it('is told anew of both parts of a shipment that is split', async () => {
    const before = begin(await given(plan), 'ShipmentCreated');
    await all(1);
    const events = await given(split);
    const after = begin(events, 'ShipmentSplit');
    await before;
    await all(3);
    expect(announced.map(({ parcel, signal }) => [parcel, signal.aborted])).toStrictEqual([
      ['o.1: 3 tea', true],
      ['o.1: 2 tea', false],
      ['o.2: 1 tea', false],
    ]);
    await begin(await given(stop), 'ShippingStopped');
    await after;
  });

  it.each<[string, string, readonly ShippingCommand[]]>([
    ['fails', 'ShipmentFailed', [fail]],
    ['is lost', 'ShipmentFailed', [dispatch, fail]],
    ['is delivered', 'ShipmentDelivered', [dispatch, deliver]],
    ['is stopped', 'ShippingStopped', [stop]],
  ])('is no longer waited for when the shipment %s', async (_, type, commands) => {
    const waiting = begin(await given(plan), 'ShipmentCreated');
    await all(1);
    const events = await given(...commands);
    await begin(events, type);
    await waiting;
    // What comes back after a restart is not announced again.
    restart();
    await begin(events, 'ShipmentCreated');
    expect(announced).toHaveLength(1);
  });

  it('is not refused silently', async () => {
    const events = await given(plan);
    ship = async ({ reported }) => {
      await given(stop);
      await reported(collected);
    };
    await begin(events, 'ShipmentCreated');
    expect(log.entries.map(({ level, fields }) => [level, 'code' in fields && fields.code])).toStrictEqual([
      ['error', 'SHIPPING_STOPPED'],
    ]);
  });

  it('is asked again when its report could not be recorded; one that comes late is told of', async () => {
    const events = await given(plan);
    const fault = new Error('connection lost');
    beforeCommands.push(() => Promise.reject(fault));
    ship = ({ reported }) => reported(collected);
    await expect(begin(events, 'ShipmentCreated')).rejects.toThrow(fault);
    expect(log.entries).toStrictEqual([]);

    ship = ({ signal }) => aborted(signal);
    const waiting = begin(events, 'ShipmentCreated');
    await all(2);
    await begin(await given(fail), 'ShipmentFailed');
    await waiting;
    beforeCommands.push(() => Promise.reject(fault));
    await expect(announced[1]?.reported(collected)).rejects.toThrow(fault);
    expect(log.entries).toStrictEqual([
      {
        level: 'error',
        message: 'A late report of the carrier could not be recorded',
        fields: { err: fault, eventId: events.at(-1)?.id, stream: 'shipment-o' },
      },
    ]);
  });
});

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
