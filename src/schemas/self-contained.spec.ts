import { describe, expect, it } from '@jest/globals';
import { parseSchema } from './parse.js';
import { selfContained } from './self-contained.js';

const source = (json: unknown, file = 'a.avsc') => ({ file, json });
const record = (name: string, ...fields: [string, unknown][]) => ({
  type: 'record',
  name,
  fields: fields.map(([field, type]) => ({ name: field, type })),
});

describe('selfContained', () => {
  it('defines each name where it is first used, whatever surrounds it', () => {
    const money = source(
      { ...record('Money', ['amount', 'long'], ['kind', 'Kind']), namespace: 'c' },
      'money.avsc',
    );
    const kind = source({ type: 'enum', name: 'c.Kind', symbols: ['A'] }, 'kind.avsc');
    const order = source({
      ...record(
        'Order',
        ['total', ['null', 'c.Money']],
        ['lines', { type: 'array', items: record('Line', ['price', 'c.Money'], ['kind', 'c.Kind']) }],
        ['notes', { type: 'map', values: 'c.Kind' }],
        ['next', ['null', 'Order']],
        ['digest', { type: 'fixed', name: 'Digest', size: 4 }],
        ['at', { type: 'long', logicalType: 'timestamp-millis' }],
      ),
      namespace: 'o',
    });
    const whole = selfContained(order, [money, kind]);
    expect(whole).toEqual({
      ...record(
        'Order',
        [
          'total',
          [
            'null',
            {
              ...record(
                'Money',
                ['amount', 'long'],
                ['kind', { type: 'enum', name: 'c.Kind', namespace: 'c', symbols: ['A'] }],
              ),
              namespace: 'c',
            },
          ],
        ],
        ['lines', { type: 'array', items: record('Line', ['price', 'c.Money'], ['kind', 'c.Kind']) }],
        ['notes', { type: 'map', values: 'c.Kind' }],
        ['next', ['null', 'o.Order']],
        ['digest', { type: 'fixed', name: 'Digest', size: 4 }],
        ['at', { type: 'long', logicalType: 'timestamp-millis' }],
      ),
      namespace: 'o',
    });
    expect(parseSchema(whole)).toMatchObject({ fullName: 'o.Order' });
  });

  it('names the place of what nobody defines', () => {
    const order = source(record('Order', ['total', ['null', 'c.Money']]));
    expect(() => selfContained(order, [])).toThrow('a.avsc at /fields/0/type/1: c.Money is neither defined');
  });
});
