import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { type CarrierReport } from '../../ports/carrier.js';
import { noCarrier } from './no-carrier.js';
import { SimulatedCarrier } from './simulated-carrier.js';

const consignment = { shipmentId: 'o.1', orderId: 'o', lines: [{ sku: 'tea', quantity: 1 }] };
const collected: CarrierReport = {
  report: 'collected',
  trackingNumber: `SIM-${createHash('sha256').update('o.1').digest('hex').slice(0, 12).toUpperCase()}`,
};
const delivered: CarrierReport = { report: 'delivered' };

describe('the simulated carrier', () => {
  let patience: AbortController;
  let reports: CarrierReport[];

  beforeEach(() => {
    patience = new AbortController();
    reports = [];
  });

  const ship = (pauseMs = 0, taken: () => Promise<void> = () => Promise.resolve()) =>
    new SimulatedCarrier({ pauseMs }).ship(
      consignment,
      async (report) => {
        await taken();
        reports.push(report);
      },
      patience.signal,
    );

  it('collects and delivers', async () => {
    await ship();
    expect(reports).toStrictEqual([collected, delivered]);
  });

  it('reports the same when it is asked again, after a restart too', async () => {
    await ship();
    await ship();
    expect(reports).toStrictEqual([collected, delivered, collected, delivered]);
  });

  it('reports nothing that nobody waits for', async () => {
    const waiting = ship(86_400_000);
    patience.abort();
    await waiting;
    expect(reports).toStrictEqual([]);
  });

  it('does not deliver what was called off when it was collected', async () => {
    await ship(0, () => {
      patience.abort();
      return Promise.resolve();
    });
    expect(reports).toStrictEqual([collected]);
  });

  it('fails when its report is not taken', async () => {
    await expect(ship(0, () => Promise.reject(new Error('not now')))).rejects.toThrow('not now');
  });
});

describe('no carrier', () => {
  it('lets people do it', async () => {
    const { signal } = new AbortController();
    await noCarrier.ship(consignment, () => Promise.reject(new Error('Nobody reports.')), signal);
  });
});
