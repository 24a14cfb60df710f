import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fold } from '../../../kernel/decider.js';
import { isRejection } from '../../../kernel/rejection.js';
import { type Sealed } from '../../../kernel/sealed.js';
import { given } from '../../../testing/given-when-then.js';
import { type ShipmentEvent, type ShipmentLine } from './shipment.events.js';
import { orderOf, shipping, type ShippingCommand, type ShippingState } from './shipping.decider.js';

const orderId = 'o1';
const of = (sku: string, quantity: number): ShipmentLine => ({ sku, quantity });
const ordered = [of('MUG', 3), of('TEA', 1)];
const address = 'sealed' as Sealed;

const plan: ShippingCommand = {
  do: 'plan',
  orderId,
  customerId: 'ada',
  lines: ordered,
  shippingAddress: address,
};
const stop: ShippingCommand = { do: 'stop', orderId };
const create = (...lines: ShipmentLine[]): ShippingCommand => ({ do: 'create', orderId, lines });
const split = (n: number, ...lines: ShipmentLine[]): ShippingCommand => ({
  do: 'split',
  ...shipment(n),
  lines,
});
const dispatch = (n: number, trackingNumber = `T${n}`): ShippingCommand => ({
  do: 'dispatch',
  ...shipment(n),
  trackingNumber,
});
const deliver = (n: number): ShippingCommand => ({ do: 'deliver', ...shipment(n) });
const fail = (n: number): ShippingCommand => ({ do: 'fail', ...shipment(n), reason: 'Dropped' });

const shipment = (n: number) => ({ orderId, shipmentId: `o1.${n}` });
const planned: ShipmentEvent = {
  type: 'ShippingPlanned',
  data: { orderId, customerId: 'ada', lines: ordered, shippingAddress: address },
};
const created = (n: number, ...lines: ShipmentLine[]): ShipmentEvent => ({
  type: 'ShipmentCreated',
  data: { ...shipment(n), lines },
});
const wasSplit = (n: number, into: number, ...lines: ShipmentLine[]): ShipmentEvent => ({
  type: 'ShipmentSplit',
  data: { ...shipment(n), newShipmentId: `o1.${into}`, lines },
});
const dispatched = (n: number, complete: boolean, ...lines: ShipmentLine[]): ShipmentEvent => ({
  type: 'ShipmentDispatched',
  data: { ...shipment(n), lines, trackingNumber: `T${n}`, complete },
});
const delivered = (n: number, complete: boolean): ShipmentEvent => ({
  type: 'ShipmentDelivered',
  data: { ...shipment(n), complete },
});
const failed = (n: number, wasDispatched: boolean, ...lines: ShipmentLine[]): ShipmentEvent => ({
  type: 'ShipmentFailed',
  data: { ...shipment(n), lines, dispatched: wasDispatched, reason: 'Dropped' },
});
const stopped: ShipmentEvent = { type: 'ShippingStopped', data: { orderId } };

const begun = [planned, created(1, ...ordered)];
/** Two mugs in the second shipment, the rest in the first. */
const inTwo = [...begun, wasSplit(1, 2, of('MUG', 2))];
const rest = [of('MUG', 1), of('TEA', 1)];
const firstSent = [...inTwo, dispatched(1, false, ...rest)];
const bothSent = [...firstSent, dispatched(2, true, of('MUG', 2))];
const whole = [...begun, dispatched(1, true, ...ordered)];
const leftOver = [...begun, failed(1, false, ...ordered)];

const { decider } = shipping;

describe('Shipping', () => {
  it('is planned once, all of the order in one shipment', () => {
    given(decider)
      .when(plan)
      .then(...begun);
    for (const facts of [begun, inTwo, [stopped], [...begun, stopped]]) {
      given(decider, ...facts)
        .when(plan)
        .then();
    }
  });
  it('is stopped, also before it was planned, once', () => {
    for (const facts of [[], begun, inTwo, leftOver]) {
      given(decider, ...facts)
        .when(stop)
        .then(stopped);
      given(decider, ...facts, stopped)
        .when(stop)
        .then();
    }
  });
  it('is not stopped once anything has been dispatched', () => {
    const facts = [firstSent, bothSent, [...firstSent, delivered(1, false)], [...whole, failed(1, true)]];
    for (const each of facts) {
      given(decider, ...each)
        .when(stop)
        .then();
    }
  });
  it('does nothing more when it is stopped', () => {
    for (const command of [split(1, of('MUG', 1)), dispatch(1), deliver(1), fail(1), create(of('MUG', 1))]) {
      given(decider, ...begun, stopped)
        .when(command)
        .thenRejected('SHIPPING_STOPPED', { detail: /o1/ });
    }
  });
  it('leaves nothing pending when it is stopped', () => {
    expect(fold(decider, [...inTwo, failed(2, false, of('MUG', 2)), stopped])).toStrictEqual({
      is: 'stopped',
      orderId,
      shipments: [
        { shipmentId: 'o1.1', is: 'stopped', lines: rest },
        { shipmentId: 'o1.2', is: 'failed', lines: [of('MUG', 2)], reason: 'Dropped' },
      ],
      leftOver: [of('MUG', 2)],
    });
  });
  it('must be there', () => {
    for (const act of [(n: number) => split(n, of('MUG', 1)), dispatch, deliver, fail]) {
      given(decider).when(act(1)).thenRejected('SHIPMENT_NOT_FOUND', { detail: /o1\.1/ });
      given(decider, ...begun)
        .when(act(9))
        .thenRejected('SHIPMENT_NOT_FOUND', { detail: /o1\.9/ });
      given(decider, stopped).when(act(1)).thenRejected('SHIPMENT_NOT_FOUND');
    }
    given(decider)
      .when(create(of('MUG', 1)))
      .thenRejected('SHIPPING_NOT_FOUND', { path: 'orderId' });
    given(decider, stopped)
      .when(create(of('MUG', 1)))
      .thenRejected('SHIPPING_STOPPED');
  });
  it('names its order in the id of every shipment', () => {
    expect(['a.1', 'a.b.12', 'none'].map(orderOf)).toStrictEqual(['a', 'a.b', 'none']);
  });
});

describe('A shipment', () => {
  it('is split while it has not been dispatched', () => {
    given(decider, ...begun)
      .when(split(1, of('MUG', 1), of('MUG', 1)))
      .then(wasSplit(1, 2, of('MUG', 2)));
    given(decider, ...inTwo)
      .when(split(2, of('MUG', 1)))
      .then(wasSplit(2, 3, of('MUG', 1)));
  });
  it('is split within what it holds, and keeps something', () => {
    given(decider, ...inTwo)
      .when(split(1, of('TEA', 1), of('MUG', 2)))
      .thenRejected('SPLIT_EXCEEDS_SHIPMENT', { path: 'lines[1].quantity', detail: /2 of MUG.*1 are/ });
    given(decider, ...begun)
      .when(split(1, of('HAT', 1)))
      .thenRejected('SPLIT_EXCEEDS_SHIPMENT', { path: 'lines[0].quantity' });
    given(decider, ...begun)
      .when(split(1, of('MUG', 2), of('MUG', 2)))
      .thenRejected('SPLIT_EXCEEDS_SHIPMENT', { path: 'lines[1].quantity' });
    given(decider, ...begun)
      .when(split(1, ...ordered))
      .thenRejected('SPLIT_LEAVES_NOTHING', { path: 'lines' });
    given(decider, ...begun)
      .when(split(1))
      .thenRejected('SHIPMENT_EMPTY', { path: 'lines' });
    given(decider, ...begun)
      .when(split(1, of('MUG', 0)))
      .thenRejected('QUANTITY_INVALID', { path: 'lines[0].quantity' });
  });
  it('is dispatched, once, and says whether anything is left to dispatch', () => {
    given(decider, ...begun)
      .when(dispatch(1))
      .then(dispatched(1, true, ...ordered));
    given(decider, ...inTwo)
      .when(dispatch(1))
      .then(dispatched(1, false, ...rest));
    given(decider, ...firstSent)
      .when(dispatch(2))
      .then(dispatched(2, true, of('MUG', 2)));
    given(decider, ...inTwo, failed(2, false, of('MUG', 2)))
      .when(dispatch(1))
      .then(dispatched(1, false, ...rest));
    for (const facts of [whole, [...whole, delivered(1, true)], [...whole, failed(1, true, ...ordered)]]) {
      given(decider, ...facts)
        .when(dispatch(1))
        .then();
    }
  });
  it('is delivered once dispatched, and says whether that was all', () => {
    given(decider, ...whole)
      .when(deliver(1))
      .then(delivered(1, true));
    given(decider, ...firstSent)
      .when(deliver(1))
      .then(delivered(1, false));
    given(decider, ...bothSent)
      .when(deliver(1))
      .then(delivered(1, false));
    given(decider, ...bothSent, delivered(1, false))
      .when(deliver(2))
      .then(delivered(2, true));
    given(decider, ...bothSent, failed(1, true, ...rest))
      .when(deliver(2))
      .then(delivered(2, false));
    given(decider, ...leftOver, created(2, ...ordered), dispatched(2, true, ...ordered))
      .when(deliver(2))
      .then(delivered(2, true));
    given(decider, ...firstSent, failed(2, false, of('MUG', 2)))
      .when(deliver(1))
      .then(delivered(1, false));
    given(decider, ...whole, delivered(1, true))
      .when(deliver(1))
      .then();
    given(decider, ...begun)
      .when(deliver(1))
      .thenRejected('SHIPMENT_NOT_DISPATCHED');
  });
  it('fails, once, before or after it was dispatched', () => {
    given(decider, ...begun)
      .when(fail(1))
      .then(failed(1, false, ...ordered));
    given(decider, ...whole)
      .when(fail(1))
      .then(failed(1, true, ...ordered));
    for (const facts of [leftOver, [...whole, failed(1, true, ...ordered)]]) {
      given(decider, ...facts)
        .when(fail(1))
        .then();
    }
  });
  it('that failed before it was dispatched is shipped again, in as many shipments as it takes', () => {
    given(decider, ...leftOver)
      .when(create(of('TEA', 1), of('MUG', 1), of('MUG', 1)))
      .then(created(2, of('TEA', 1), of('MUG', 2)));
    const again = [...leftOver, created(2, of('TEA', 1), of('MUG', 2))];
    given(decider, ...again)
      .when(create(of('MUG', 1)))
      .then(created(3, of('MUG', 1)));
    given(decider, ...again)
      .when(create(of('MUG', 2)))
      .thenRejected('SHIPMENT_EXCEEDS_LEFT_OVER', { path: 'lines[0].quantity', detail: /2 of MUG.*1 are/ });
  });
  it('that is lost is not shipped again', () => {
    given(decider, ...whole, failed(1, true, ...ordered))
      .when(create(of('MUG', 1)))
      .thenRejected('SHIPMENT_EXCEEDS_LEFT_OVER', { path: 'lines[0].quantity' });
  });
  it('does not go back', () => {
    const done = [...whole, delivered(1, true)];
    const lost = [...whole, failed(1, true, ...ordered)];
    given(decider, ...whole)
      .when(dispatch(1, 'other'))
      .thenRejected('SHIPMENT_DISPATCHED');
    given(decider, ...whole)
      .when(split(1, of('MUG', 1)))
      .thenRejected('SHIPMENT_DISPATCHED');
    for (const command of [dispatch(1, 'other'), split(1, of('MUG', 1)), fail(1)]) {
      given(decider, ...done)
        .when(command)
        .thenRejected('SHIPMENT_DELIVERED');
    }
    for (const facts of [leftOver, lost]) {
      for (const command of [dispatch(1, 'other'), split(1, of('MUG', 1)), deliver(1)]) {
        given(decider, ...facts)
          .when(command)
          .thenRejected('SHIPMENT_FAILED');
      }
    }
  });
  it('makes nothing of facts that do not fit', () => {
    expect(fold(decider, [...inTwo.slice(1), dispatched(1, true), delivered(1, true)])).toEqual(
      decider.initial,
    );
    const end = [...begun, stopped];
    expect(fold(decider, [...end, ...whole, failed(1, true)])).toEqual(fold(decider, end));
  });
});

describe('Whatever is commanded', () => {
  const lines = fc.array(
    fc.record({ sku: fc.constantFrom('MUG', 'TEA', 'HAT'), quantity: fc.integer({ min: 0, max: 3 }) }),
    { maxLength: 3 },
  );
  const n = fc.integer({ min: 1, max: 5 });
  const commands = fc.array(
    fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom(plan, stop) },
      { weight: 3, arbitrary: fc.tuple(n, lines).map(([id, some]) => split(id, ...some)) },
      { weight: 2, arbitrary: lines.map((some) => create(...some)) },
      {
        weight: 6,
        arbitrary: fc.tuple(fc.constantFrom(dispatch, deliver, fail), n).map(([act, id]) => act(id)),
      },
    ),
    { maxLength: 40 },
  );

  const count = (all: readonly ShipmentLine[], sku: string): number =>
    all.filter((line) => line.sku === sku).reduce((sum, { quantity }) => sum + quantity, 0);

  /** What became of the units: in shipments that live or are lost, or left over. */
  const units = (state: ShippingState, sku: string): number =>
    state.is === 'absent'
      ? 0
      : state.shipments
          .filter(({ is }) => is !== 'failed')
          .reduce((sum, it) => sum + count(it.lines, sku), count(state.leftOver, sku));

  it('no unit is lost or doubled, and what has left is told truly', () => {
    fc.assert(
      fc.property(commands, (all) => {
        const facts: ShipmentEvent[] = [];
        for (const command of [plan, ...all]) {
          const decided = decider.decide(command, fold(decider, facts));
          if (isRejection(decided)) continue;
          facts.push(...decided);
          const state = fold(decider, facts);
          if (state.is === 'absent') throw new Error('It was planned.');
          for (const { sku, quantity } of ordered) expect(units(state, sku)).toBe(quantity);
          expect(units(state, 'HAT')).toBe(0);
          for (const { lines } of state.shipments) expect(lines.length).toBeGreaterThan(0);
          for (const { type, data } of decided) {
            const by = (...which: string[]) =>
              state.shipments.filter(({ is }) => which.includes(is)).flatMap(({ lines }) => lines);
            if (type === 'ShipmentDispatched') {
              const gone = by('dispatched', 'delivered', 'lost');
              expect(data.complete).toBe(ordered.every(({ sku, quantity }) => count(gone, sku) === quantity));
            } else if (type === 'ShipmentDelivered') {
              const there = by('delivered');
              expect(data.complete).toBe(
                ordered.every(({ sku, quantity }) => count(there, sku) === quantity),
              );
            }
          }
          if (command.do !== 'split' && command.do !== 'create') {
            expect(decider.decide(command, state)).toEqual([]);
          }
        }
        const sent = facts.flatMap(({ type, data }) =>
          type === 'ShipmentDispatched' ? [data.shipmentId] : [],
        );
        expect(new Set(sent).size).toBe(sent.length);
        const types = facts.map(({ type }) => type);
        if (types.includes('ShippingStopped')) {
          expect(types.indexOf('ShippingStopped')).toBe(types.length - 1);
          expect(sent).toEqual([]);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
