import { describe, expect, it } from '@jest/globals';
import { history, on } from '../../projections/testing/history.js';
import { LeaseLost } from '../../ports/leases.js';
import { ViewDropped } from '../../ports/views.js';
import { errorOf, faultOf, packed, unpacked } from './messages.js';

describe('what the threads of a rebuild tell each other', () => {
  it('brings events over as they are', () => {
    const events = history(
      on('order-1', {
        type: 'OrderPlaced',
        data: { text: 'Grüße "\\\n\u0000 注文 🛒', list: [1, { two: null }] },
      }),
      on('cart-"x', { type: 'CartOpened', data: {} }),
    );
    const texts = events.map(({ data, metadata, ...event }) => ({
      ...event,
      data: JSON.stringify(data),
      metadata: JSON.stringify(metadata),
    }));
    expect(unpacked(packed(texts))).toStrictEqual(events);
    expect(unpacked(packed([]))).toStrictEqual([]);
  });

  it('tells a lost lease and a dropped storage from other errors', () => {
    const lease = { name: 'a', owner: 'b', token: 1 };
    expect(errorOf(faultOf(new LeaseLost(lease)))).toStrictEqual(new LeaseLost(lease));
    expect(errorOf(faultOf(new ViewDropped('cart_v1_g1')))).toStrictEqual(new ViewDropped('cart_v1_g1'));
    expect(errorOf(faultOf(new RangeError('no'))).message).toContain('RangeError: no');
    expect(errorOf(faultOf('text')).message).toBe('A thread of a rebuild failed: text');
  });
});
