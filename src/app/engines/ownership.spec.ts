import { describe, expect, it } from '@jest/globals';
import { subscriptions } from '../../consumers/subscriptions.js';
import { allProjections } from '../../projections/all.js';
import { projectionLease } from '../../projections/runner.js';
import { ownerOf } from './ownership.js';

describe('The database that keeps what goes by a name', () => {
  it.each(allProjections.map(({ service, projection }) => [projection.name, service]))(
    'of the view %s, its storages and their leases is that of %s',
    (name, service) => {
      const storage = `${name}_v12_g3`;
      const names = [name, storage, projectionLease(storage), projectionLease(name), `verify:${storage}`];
      expect(names.map(ownerOf)).toEqual(names.map(() => service));
    },
  );

  it.each([
    ['fulfilment', 'order'],
    ['reactor:fulfilment', 'order'],
    ['order.checkout', 'order'],
    ['payment.gateway', 'payment'],
    ['reactor:inventory.fulfilment', 'inventory'],
    ['job:deadlines', 'order'],
    ['projector:host:1:x=cart,inventory', 'coordination'],
    ['job:bridge-verify', 'coordination'],
    ['bridge:relay', 'coordination'],
    ['somebody', 'coordination'],
  ])('of %s is that of %s', (name, owner) => {
    expect(ownerOf(name)).toBe(owner);
  });

  it('of a consumer group is that of its service', () => {
    const groups = Object.keys(subscriptions);
    expect(groups.map(ownerOf)).toEqual(groups);
  });
});
