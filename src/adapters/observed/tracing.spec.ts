import { describe, expect, it } from '@jest/globals';
import {
  ofA,
  recordedSpans,
  spanA,
  spanB,
  traceA,
  traceB,
  unsampled,
  ofB,
} from './testing/recorded-spans.js';
import { logFields, Tracing } from './tracing.js';

const nothing = (): Promise<void> => Promise.resolve();

describe('A span', () => {
  it('follows from what is given, else from what is being done, and is what is done within', async () => {
    const { tracing, spans } = recordedSpans();
    await tracing.run({ name: 'outer', kind: 'SERVER', after: ofA, correlationId: 'c-1' }, async (outer) => {
      expect(tracing.current).toBe(outer.traceparent);
      await tracing.run({ name: 'inner', attributes: { 'commerce.order.id': 'o-1' } }, (inner) => {
        expect(logFields()).toStrictEqual({
          correlationId: 'c-1',
          traceId: traceA,
          spanId: inner.traceparent?.split('-')[2],
        });
        return nothing();
      });
      await tracing.run({ name: 'other', after: ofB, correlationId: 'c-2' }, nothing);
    });
    expect(logFields()).toStrictEqual({});
    expect(tracing.current).toBeUndefined();
    const [inner, other, outer] = spans();
    expect([outer, inner, other]).toMatchObject([
      { name: 'outer', kind: 'SERVER', traceId: traceA, parentId: spanA, failed: false },
      { ...{ name: 'inner', kind: 'INTERNAL', traceId: traceA }, attributes: { 'commerce.order.id': 'o-1' } },
      { name: 'other', traceId: traceB, parentId: spanB },
    ]);
    expect(inner?.parentId).toBe(outer?.spanId);
  });

  it('begins a trace of its own that is linked to others', async () => {
    const { tracing, spans } = recordedSpans();
    await tracing.run({ name: 'around', after: ofA, correlationId: 'c-1' }, () =>
      tracing.run({ name: 'again', root: true, links: [ofB, undefined, 'nonsense'] }, () => {
        expect(logFields()).toMatchObject({ correlationId: 'c-1' });
        return nothing();
      }),
    );
    const [again] = spans();
    expect(again).toMatchObject({ name: 'again', parentId: undefined, links: [spanB] });
    expect([traceA, traceB]).not.toContain(again?.traceId);
  });

  it.each([undefined, '', 'nonsense', `00-${'0'.repeat(32)}-${spanA}-01`, `ff-${traceA}-${spanA}-01`])(
    'after %j is a root',
    async (after) => {
      const { tracing, spans } = recordedSpans();
      await tracing.run({ name: 'first', after }, nothing);
      expect(spans()).toMatchObject([{ name: 'first', parentId: undefined }]);
    },
  );

  it('that fails says the kind of the error, and not what it says', async () => {
    const { tracing, spans } = recordedSpans();
    const fault = new RangeError('no such customer: ann@example.test');
    await expect(tracing.run({ name: 'fails' }, () => Promise.reject(fault))).rejects.toBe(fault);
    expect(spans()).toMatchObject([
      { name: 'fails', failed: true, said: undefined, attributes: { 'error.type': 'RangeError' } },
    ]);
  });

  it('that is told of only if it is used is not, unless something followed from it or it failed', async () => {
    const { tracing, spans } = recordedSpans();
    const quiet = { name: 'react', after: ofA, onlyIfUsed: true };
    await tracing.run(quiet, nothing);
    expect(spans()).toEqual([]);
    await tracing.run(quiet, () => tracing.run({ name: 'within' }, nothing));
    await tracing.run(quiet, ({ traceparent }) =>
      tracing.run({ name: 'named', after: traceparent }, nothing),
    );
    await expect(tracing.run(quiet, () => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(spans().map(({ name }) => name)).toEqual(['within', 'react', 'named', 'react', 'react']);
  });

  it('of a trace that is not recorded is not, and what follows knows', async () => {
    const { tracing, spans } = recordedSpans();
    await tracing.run({ name: 'first', after: unsampled }, ({ traceparent }) => {
      expect(traceparent).toMatch(new RegExp(`^00-${traceB}-[0-9a-f]{16}-00$`));
      return nothing();
    });
    expect(spans()).toEqual([]);
  });
});

describe('Without a tracer', () => {
  it('the context of others passes through, and is in the log', async () => {
    const tracing = new Tracing();
    await tracing.run({ name: 'first', after: ofA, correlationId: 'c-1' }, () =>
      tracing.run({ name: 'second' }, ({ traceparent }) => {
        expect(traceparent).toBe(ofA);
        expect(logFields()).toStrictEqual({ correlationId: 'c-1', traceId: traceA, spanId: spanA });
        return nothing();
      }),
    );
    await tracing.run({ name: 'nobody began one', correlationId: 'c-2' }, ({ traceparent }) => {
      expect(traceparent).toBeUndefined();
      expect(logFields()).toStrictEqual({ correlationId: 'c-2' });
      return nothing();
    });
  });
});
