import { describe, expect, it } from '@jest/globals';
import { type DomainEvent, type EventVersions, fold } from '../../../kernel/decider.js';
import { type Position, type Recorded, upcast } from '../../../kernel/envelope.js';
import { given } from '../../../testing/given-when-then.js';
import { type InventoryEvent, inventoryEvents } from '../../inventory/contract.js';
import { type PaymentEvent, paymentEvents } from '../../payment/contract.js';
import { type ShipmentEvent, shipmentEvents } from '../../shipping/contract.js';
import { type FulfilmentEvent, type Outcome } from './fulfilment.events.js';
import { deadline, fulfilment, type FulfilmentCommand, type FulfilmentFact } from './fulfilment.process.js';
import { type OrderEvent, orderEvents, type Reason } from './order.events.js';

const orderId = 'o1';
const paymentId = 'p1';
const at = '2026-01-01T00:00:00.000Z';
const timesOutAt = '2026-01-01T00:01:00.000Z';
const expiresAt = '2026-01-01T00:15:00.000Z';
const eur = (amountMinor: number) => ({ amountMinor, currency: 'EUR' });

const process = fulfilment({ reservationTtlMs: 15 * 60_000, authorisationTimeoutMs: 60_000 });
const { decider } = process;

const line = (sku: string, quantity: number) => ({
  sku,
  name: sku,
  quantity,
  unitPrice: eur(500),
  lineTotal: eur(500 * quantity),
});
const order = {
  orderId,
  customerId: 'ada',
  cartId: null,
  lines: [line('MUG', 2), line('TEA', 1)],
  total: eur(1500),
  paymentId,
  paymentMethod: 'card',
  placedAt: at,
  contact: null,
  shippingAddress: null,
};

const reservationRequested: Extract<FulfilmentEvent, { type: 'ReservationRequested' }> = {
  type: 'ReservationRequested',
  data: {
    orderId,
    customerId: 'ada',
    lines: [
      { sku: 'MUG', quantity: 2 },
      { sku: 'TEA', quantity: 1 },
    ],
    total: eur(1500),
    paymentId,
    paymentMethod: 'card',
    expiresAt,
  },
};
const reserved = (sku: string): FulfilmentEvent => ({ type: 'LineReserved', data: { orderId, sku } });
const refused = (sku: string): FulfilmentEvent => ({
  type: 'LineRefused',
  data: { orderId, sku, available: 1 },
});
const released = (sku: string): FulfilmentEvent => ({ type: 'LineReleased', data: { orderId, sku } });
const release = (sku: string, expired = false): FulfilmentEvent => ({
  type: 'ReleaseRequested',
  data: { orderId, sku, expired },
});
const authorisationRequested: Extract<FulfilmentEvent, { type: 'AuthorisationRequested' }> = {
  type: 'AuthorisationRequested',
  data: { orderId, paymentId, customerId: 'ada', amount: eur(1500), method: 'card', timesOutAt },
};
const confirmationRequested: FulfilmentEvent = { type: 'ConfirmationRequested', data: { orderId } };
const abandoned = (outcome: Outcome, reason: Reason): FulfilmentEvent => ({
  type: 'FulfilmentAbandoned',
  data: { orderId, outcome, reason },
});
const undone = (outcome: Outcome, reason: Reason): FulfilmentEvent => ({
  type: 'FulfilmentUndone',
  data: { orderId, outcome, reason },
});
const returnRequested: FulfilmentEvent = { type: 'PaymentReturnRequested', data: { orderId, paymentId } };
const stopAwaited = (reason: Reason): FulfilmentEvent => ({
  type: 'ShippingStopAwaited',
  data: { orderId, reason },
});
const mugs = [{ sku: 'MUG', quantity: 2 }];
const tea = [{ sku: 'TEA', quantity: 1 }];
const shipment = (n: number, lines: typeof mugs): readonly FulfilmentEvent[] => [
  { type: 'StockCommitRequested', data: { orderId, shipmentId: `o1.${n}`, lines } },
  { type: 'ShipmentRecordRequested', data: { orderId, shipmentId: `o1.${n}`, lines } },
];
const captureRequested: FulfilmentEvent = {
  type: 'CaptureRequested',
  data: { orderId, paymentId, amount: eur(1500) },
};
const deliveryRecordRequested: FulfilmentEvent = { type: 'DeliveryRecordRequested', data: { orderId } };
const returned: FulfilmentEvent = { type: 'PaymentReturned', data: { orderId, paymentId } };

const noteReserved = (sku: string): FulfilmentCommand => ({ do: 'noteReserved', sku, timesOutAt });
const noteRefused = (sku: string): FulfilmentCommand => ({ do: 'noteRefused', sku, asked: 2, available: 1 });
const noteReleased = (sku: string): FulfilmentCommand => ({ do: 'noteReleased', sku });
const noteAuthorised = { do: 'noteAuthorised', paymentId } as const;
const noteDeclined = { do: 'noteDeclined', paymentId, code: 'no_funds', detail: 'Sorry.' } as const;
const noteVoided = { do: 'noteVoided', paymentId } as const;
const noteRefunded = { do: 'noteRefunded', paymentId } as const;
const wish = { code: 'CHANGED_MIND', detail: 'No longer needed.' };
const cancel: FulfilmentCommand = { do: 'cancel', reason: wish };
const noteDispatched = (n: number, lines: typeof mugs): FulfilmentCommand => ({
  do: 'noteDispatched',
  shipmentId: `o1.${n}`,
  lines,
});
const noteDelivered: FulfilmentCommand = { do: 'noteDelivered' };
const noteShippingStopped: FulfilmentCommand = { do: 'noteShippingStopped' };
const passDeadline = (now: string): FulfilmentCommand => ({ do: 'passDeadline', at: now });

const outOfStock = { code: 'OUT_OF_STOCK', detail: '2 of MUG were ordered, 1 are available.' };
const paymentDeclined = {
  code: 'PAYMENT_DECLINED',
  detail: 'The payment was declined: no_funds, Sorry.',
};
const reservationExpired = {
  code: 'RESERVATION_EXPIRED',
  detail: `The reservations ran out at ${expiresAt}.`,
};
const paymentTimedOut = {
  code: 'PAYMENT_TIMED_OUT',
  detail: `The payment was not authorised by ${timesOutAt}.`,
};

const reserving = [reservationRequested];
const authorising = [...reserving, reserved('MUG'), reserved('TEA'), authorisationRequested];
const confirmed = [...authorising, confirmationRequested];
const stopping = [...confirmed, stopAwaited(wish)];
const shipping = [...confirmed, ...shipment(1, mugs), captureRequested];

describe('Fulfilment', () => {
  it('starts with the reservations', () => {
    given(decider).when({ do: 'start', order, expiresAt }).then(reservationRequested);
  });
  it('waits until every line is reserved, then asks for the money', () => {
    given(decider, ...reserving)
      .when(noteReserved('TEA'))
      .then(reserved('TEA'));
    given(decider, ...reserving, reserved('TEA'))
      .when(noteReserved('MUG'))
      .then(reserved('MUG'), authorisationRequested);
  });
  it('asks for no money when nothing is to be paid', () => {
    const free: FulfilmentEvent = {
      type: 'ReservationRequested',
      data: {
        ...reservationRequested.data,
        lines: [{ sku: 'TIP', quantity: 1 }],
        total: eur(0),
        paymentId: null,
      },
    };
    given(decider, free).when(noteReserved('TIP')).then(reserved('TIP'), confirmationRequested);
    const ready = [free, reserved('TIP'), confirmationRequested];
    given(decider, ...ready, stopAwaited(wish))
      .when(noteShippingStopped)
      .then(abandoned('cancelled', wish), release('TIP'));
    given(decider, ...ready)
      .when(noteDispatched(1, tea))
      .then(...shipment(1, tea));
  });
  it('asks for confirmation once the money is authorised', () => {
    given(decider, ...authorising)
      .when(noteAuthorised)
      .then(confirmationRequested);
  });
});

describe('Fulfilment is abandoned', () => {
  it('when a line is refused', () => {
    given(decider, ...reserving, reserved('TEA'))
      .when(noteRefused('MUG'))
      .then(refused('MUG'), abandoned('rejected', outOfStock), release('TEA'));
  });
  it('when the payment is declined', () => {
    given(decider, ...authorising)
      .when(noteDeclined)
      .then(abandoned('rejected', paymentDeclined), release('MUG'), release('TEA'));
  });
  it('when the reservations run out', () => {
    given(decider, ...reserving, reserved('TEA'))
      .when(passDeadline(expiresAt))
      .then(abandoned('rejected', reservationExpired), release('TEA', true));
    given(decider, ...authorising)
      .when(passDeadline(expiresAt))
      .then(
        abandoned('rejected', reservationExpired),
        release('MUG', true),
        release('TEA', true),
        returnRequested,
      );
  });
  it('when the payment takes too long', () => {
    given(decider, ...authorising)
      .when(passDeadline(timesOutAt))
      .then(abandoned('rejected', paymentTimedOut), release('MUG'), release('TEA'), returnRequested);
  });
  it('but not before the time', () => {
    given(decider, ...reserving)
      .when(passDeadline('2026-01-01T00:14:59.999Z'))
      .then();
    given(decider, ...authorising)
      .when(passDeadline('2026-01-01T00:00:59.999Z'))
      .then();
    given(decider, ...confirmed)
      .when(passDeadline('2027-01-01T00:00:00.000Z'))
      .then();
  });
  it('when the customer cancels, however far it has got', () => {
    const gone = abandoned('cancelled', wish);
    given(decider, ...reserving)
      .when(cancel)
      .then(gone);
    given(decider, ...reserving, reserved('MUG'))
      .when(cancel)
      .then(gone, release('MUG'));
    given(decider, ...authorising)
      .when(cancel)
      .then(gone, release('MUG'), release('TEA'), returnRequested);
    given(decider, ...confirmed)
      .when(cancel)
      .then(stopAwaited(wish));
    given(decider, ...stopping)
      .when(noteShippingStopped)
      .then(gone, release('MUG'), release('TEA'), returnRequested);
  });
  it('when shipping tells first that it was stopped', () => {
    const stopped = { code: 'SHIPPING_STOPPED', detail: 'Shipping was stopped for a cancellation.' };
    const gone = abandoned('cancelled', stopped);
    given(decider, ...reserving)
      .when(noteShippingStopped)
      .then(gone);
    for (const facts of [authorising, confirmed]) {
      given(decider, ...facts)
        .when(noteShippingStopped)
        .then(gone, release('MUG'), release('TEA'), returnRequested);
    }
  });
  it('when somebody else takes back what it holds', () => {
    const stock = { code: 'RESERVATION_LOST', detail: 'The reservation of MUG was released.' };
    given(decider, ...authorising)
      .when(noteReleased('MUG'))
      .then(released('MUG'), abandoned('rejected', stock), release('TEA'), returnRequested);
    const money = { code: 'PAYMENT_LOST', detail: 'Payment p1 was voided.' };
    given(decider, ...authorising)
      .when(noteVoided)
      .then(returned, abandoned('rejected', money), release('MUG'), release('TEA'));
  });
});

describe('Fulfilment that is confirmed', () => {
  it('commits the stock of each shipment that leaves, and captures all of the money with the first', () => {
    for (const facts of [confirmed, stopping]) {
      given(decider, ...facts)
        .when(noteDispatched(1, mugs))
        .then(...shipment(1, mugs), captureRequested);
    }
    given(decider, ...shipping)
      .when(noteDispatched(2, tea))
      .then(...shipment(2, tea));
  });
  it('captures nothing that somebody else took back', () => {
    given(decider, ...confirmed, returned)
      .when(noteDispatched(1, mugs))
      .then(...shipment(1, mugs));
  });
  it('waits for shipping when it is to be cancelled, whatever else happens', () => {
    given(decider, ...stopping)
      .when(cancel)
      .then();
    given(decider, ...stopping)
      .when(passDeadline('2027-01-01T00:00:00.000Z'))
      .then();
    given(decider, ...stopping)
      .when(noteReleased('MUG'))
      .then(released('MUG'));
    given(decider, ...stopping)
      .when(noteVoided)
      .then(returned);
    given(decider, ...stopping, returned, released('MUG'))
      .when(noteShippingStopped)
      .then(abandoned('cancelled', wish), release('TEA'));
  });
  it('is not cancelled once anything has left', () => {
    const overtaken = [...stopping, ...shipment(1, mugs), captureRequested];
    for (const facts of [shipping, overtaken]) {
      for (const command of [cancel, noteShippingStopped]) {
        given(decider, ...facts)
          .when(command)
          .then();
      }
    }
  });
  it('is over when all is delivered', () => {
    const all = [...shipping, ...shipment(2, tea)];
    given(decider, ...all)
      .when(noteDelivered)
      .then(deliveryRecordRequested);
    for (const command of everything) {
      given(decider, ...all, deliveryRecordRequested)
        .when(command)
        .then();
    }
    expect(fold(decider, [...all, deliveryRecordRequested, ...shipment(3, mugs)])).toEqual({
      is: 'delivered',
    });
  });
});

describe('Fulfilment that is abandoned', () => {
  const short = [...reserving, refused('MUG'), abandoned('rejected', outOfStock)];
  const cancelled = [
    ...stopping,
    abandoned('cancelled', wish),
    release('MUG'),
    release('TEA'),
    returnRequested,
  ];

  it('is undone at once when nothing was taken', () => {
    const { data } = reservationRequested;
    given(decider, { ...reservationRequested, data: { ...data, lines: [{ sku: 'MUG', quantity: 2 }] } })
      .when(noteRefused('MUG'))
      .then(refused('MUG'), abandoned('rejected', outOfStock), undone('rejected', outOfStock));
  });
  it('waits for the answers that are out, and gives back what they bring', () => {
    given(decider, ...short)
      .when(noteReserved('TEA'))
      .then(reserved('TEA'), release('TEA'));
    given(decider, ...short)
      .when(noteRefused('TEA'))
      .then(refused('TEA'), undone('rejected', outOfStock));
    given(decider, ...reserving, abandoned('rejected', reservationExpired))
      .when(noteReserved('MUG'))
      .then(reserved('MUG'), release('MUG', true));
  });
  it('is undone when the last of it is given back', () => {
    given(decider, ...short, reserved('TEA'), release('TEA'))
      .when(noteReleased('TEA'))
      .then(released('TEA'), undone('rejected', outOfStock));
    given(decider, ...cancelled, released('TEA'), released('MUG'))
      .when(noteVoided)
      .then(returned, undone('cancelled', wish));
    given(decider, ...cancelled, returned, released('TEA'))
      .when(noteReleased('MUG'))
      .then(released('MUG'), undone('cancelled', wish));
  });
  it.each([noteVoided, noteDeclined, noteRefunded])('has its money back: $do', (command) => {
    given(decider, ...cancelled)
      .when(command)
      .then(returned);
    given(decider, ...cancelled, returned)
      .when(command)
      .then();
  });
  it('leaves a late authorisation to the payment, which voids itself', () => {
    given(decider, ...cancelled)
      .when(noteAuthorised)
      .then();
  });
  it('does not wait for what somebody else took back before', () => {
    given(decider, ...confirmed)
      .when(noteVoided)
      .then(returned);
    given(decider, ...confirmed)
      .when(noteReleased('MUG'))
      .then(released('MUG'));
    const without = [...confirmed, returned, released('MUG'), stopAwaited(wish)];
    given(decider, ...without)
      .when(noteShippingStopped)
      .then(abandoned('cancelled', wish), release('TEA'));
  });
  it('keeps its first reason', () => {
    given(decider, ...short)
      .when(cancel)
      .then();
    for (const command of [passDeadline(expiresAt), noteShippingStopped]) {
      given(decider, ...short)
        .when(command)
        .then();
    }
  });
  it('makes nothing of anything once undone', () => {
    const all = [...cancelled, released('MUG'), released('TEA'), returned, undone('cancelled', wish)];
    for (const command of everything) {
      given(decider, ...all)
        .when(command)
        .then();
    }
  });
});

const everything: readonly FulfilmentCommand[] = [
  { do: 'start', order, expiresAt },
  noteReserved('MUG'),
  noteRefused('MUG'),
  noteReleased('MUG'),
  noteAuthorised,
  noteDeclined,
  noteVoided,
  noteRefunded,
  noteDispatched(1, mugs),
  noteDelivered,
  noteShippingStopped,
  cancel,
  passDeadline(expiresAt),
];

describe('A fact', () => {
  it.each([
    [reserving, { do: 'start', order, expiresAt } as const],
    [[...reserving, reserved('MUG')], noteReserved('MUG')],
    [authorising, noteReserved('MUG')],
    [[...reserving, refused('MUG'), abandoned('rejected', outOfStock)], noteRefused('MUG')],
    [[...confirmed, released('MUG')], noteReleased('MUG')],
    [[...confirmed, released('MUG')], noteReserved('MUG')],
    [confirmed, noteAuthorised],
    [[...authorising, abandoned('rejected', paymentDeclined)], noteDeclined],
    [[...confirmed, returned], noteVoided],
    [confirmed, noteRefunded],
    [shipping, noteDispatched(1, mugs)],
    [stopping, cancel],
    [stopping, noteDelivered],
    [reserving, noteDispatched(1, mugs)],
  ])('means nothing the second time (%#)', (facts, command) => {
    given(decider, ...facts)
      .when(command)
      .then();
  });
  it('means nothing to a fulfilment that has not begun', () => {
    for (const command of everything.slice(1)) given(decider).when(command).then();
  });
  it('means nothing when it is of another line or another payment', () => {
    given(decider, ...reserving)
      .when(noteReserved('HAT'))
      .then();
    for (const command of [noteAuthorised, noteDeclined, noteVoided]) {
      given(decider, ...authorising)
        .when({ ...command, paymentId: 'p2' })
        .then();
    }
  });

  const record = <Event extends DomainEvent>(versions: EventVersions<Event>, event: Event): Recorded<Event> =>
    upcast(
      versions,
      {
        ...event,
        id: 'event-1',
        version: 1,
        stream: 'any-1',
        revision: 0,
        position: '0001' as Position, // opaque: only an adapter makes real ones
        metadata: { correlationId: 'c', causationId: 'c', commandId: 'c', actor: 'test', occurredAt: at },
      },
      'test',
    );
  const ofOrder = (event: OrderEvent) => record(orderEvents, event);
  const ofStock = (event: InventoryEvent) => record(inventoryEvents, event);
  const ofPayment = (event: PaymentEvent) => record(paymentEvents, event);
  const ofShipping = (event: ShipmentEvent) => record(shipmentEvents, event);
  const held = { sku: 'MUG', reservationId: orderId, orderId, quantity: 2 };
  const ids = { paymentId, orderId };
  const first = { orderId, shipmentId: 'o1.1' };

  it.each<[FulfilmentFact, FulfilmentCommand]>([
    [ofOrder({ type: 'OrderPlaced', data: order }), { do: 'start', order, expiresAt }],
    [ofOrder({ type: 'OrderCancellationRequested', data: { orderId, reason: wish } }), cancel],
    [ofStock({ type: 'StockReserved', data: { ...held, expiresAt } }), noteReserved('MUG')],
    [ofStock({ type: 'StockReservationRefused', data: { ...held, available: 1 } }), noteRefused('MUG')],
    [ofStock({ type: 'StockReleased', data: held }), noteReleased('MUG')],
    [ofStock({ type: 'StockReservationExpired', data: held }), noteReleased('MUG')],
    [
      ofPayment({ type: 'PaymentAuthorised', data: { ...ids, amount: eur(1), authorisationId: 'a' } }),
      noteAuthorised,
    ],
    [
      ofPayment({ type: 'PaymentDeclined', data: { ...ids, code: 'no_funds', detail: 'Sorry.' } }),
      noteDeclined,
    ],
    [ofPayment({ type: 'PaymentVoided', data: { ...ids, amount: eur(1) } }), noteVoided],
    [
      ofPayment({
        type: 'PaymentRefunded',
        data: { ...ids, refundId: 'r', amount: eur(1), reason: null },
      }),
      noteRefunded,
    ],
    [
      ofShipping({
        type: 'ShipmentDispatched',
        data: { ...first, lines: mugs, trackingNumber: 'T', complete: false },
      }),
      noteDispatched(1, mugs),
    ],
    [ofShipping({ type: 'ShipmentDelivered', data: { ...first, complete: true } }), noteDelivered],
    [ofShipping({ type: 'ShippingStopped', data: { orderId } }), noteShippingStopped],
  ])('is heard: $type', (fact, command) => {
    expect(process.observe(fact, at)).toEqual({ id: orderId, command });
  });
  it.each<FulfilmentFact>([
    ofOrder({ type: 'OrderConfirmed', data: { orderId } }),
    ofStock({ type: 'StockReceived', data: { sku: 'MUG', quantity: 1, reference: null } }),
    ofStock({ type: 'StockReserved', data: { ...held, reservationId: 'shop-window', expiresAt } }),
    ofPayment({ type: 'PaymentCaptured', data: { ...ids, amount: eur(1) } }),
    ofShipping({ type: 'ShipmentCreated', data: { ...first, lines: mugs } }),
    ofShipping({ type: 'ShipmentDelivered', data: { ...first, complete: false } }),
    ofShipping({
      type: 'ShipmentFailed',
      data: { ...first, lines: mugs, dispatched: true, reason: 'Sunk' },
    }),
  ])('is none of its business: $type', (fact) => {
    expect(process.observe(fact, at)).toBeUndefined();
  });
});

describe('The deadline', () => {
  const after = (...steps: FulfilmentEvent[]) => fold(deadline, steps);

  it('is when the reservations run out', () => {
    expect(after()).toBeNull();
    expect(after(...reserving, reserved('MUG'))).toBe(expiresAt);
  });
  it('is when the payment takes too long, if that is earlier', () => {
    const late = '2026-01-01T01:00:00.000Z';
    expect(after(...authorising)).toBe(timesOutAt);
    expect(
      after(...reserving, {
        ...authorisationRequested,
        data: { ...authorisationRequested.data, timesOutAt: late },
      }),
    ).toBe(expiresAt);
  });
  it('is over when all is done or given up', () => {
    expect(after(...confirmed)).toBeNull();
    expect(after(...authorising, abandoned('cancelled', wish), release('MUG'))).toBeNull();
  });
});
