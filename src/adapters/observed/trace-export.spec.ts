import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { logbook } from '../../execution/testing/logbook.js';
import { otlpCollector, type OtlpCollector } from '../../testing/otlp-collector.js';
import { exportTraces, type TraceSettings } from './trace-export.js';
import { traceA, spanA, unsampled } from './testing/recorded-spans.js';

describe('Traces', () => {
  let collector: OtlpCollector;
  beforeEach(async () => {
    collector = await otlpCollector();
  });
  afterEach(() => collector.close());

  const settings = (): TraceSettings => ({
    ...{ endpoint: `${collector.url}/`, headers: { authorization: 'Bearer x' } },
    ...{ sampler: 'parentbased_always_on', ratio: 1 },
    resource: { 'service.name': 'orders', 'commerce.roles': ['api', 'bridge'] },
  });
  const nothing = (): Promise<void> => Promise.resolve();

  it('reach the collector, the last ones at the end', async () => {
    const { logger, entries } = logbook();
    const { tracing, lost, close } = exportTraces(settings(), logger);
    await tracing.run({ name: 'first', attributes: { 'commerce.order.id': 'o-1' } }, nothing);
    await close(10_000);
    expect(collector.spans).toMatchObject([
      {
        ...{ name: 'first', parentId: '', kind: 'INTERNAL', isError: false },
        attributes: { 'commerce.order.id': 'o-1' },
        resource: { 'service.name': 'orders', 'commerce.roles': ['api', 'bridge'] },
      },
    ]);
    expect(collector.requests).toEqual([{ path: '/v1/traces', authorization: 'Bearer x' }]);
    expect([lost(), entries]).toEqual([0, []]);
  });

  it('that cannot be sent are counted, with one warning, and the end does not wait for them', async () => {
    const { logger, entries } = logbook();
    const { tracing, lost, close } = exportTraces(settings(), logger);
    await collector.close();
    for (let each = 0; each < 20_000; each += 1) tracing.begin({ name: 'one' }).end();
    await close(1);
    expect(lost()).toBe(20_000);
    expect(entries.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'Spans are lost: see OTEL_EXPORTER_OTLP_ENDPOINT. The program goes on without them.'],
    ]);
  });

  const sampled = `00-${traceA}-${spanA}-01`;
  it.each([
    ['always_on', 1, true, true, true],
    ['always_off', 1, false, false, false],
    ['traceidratio', 0, false, false, false],
    ['traceidratio', 1, true, true, true],
    ['parentbased_always_on', 1, true, true, false],
    ['parentbased_always_off', 1, false, true, false],
    ['parentbased_traceidratio', 0, false, true, false],
    ['parentbased_traceidratio', 1, true, true, false],
  ] as const)(
    'are sampled by %s with %d: roots %j, sampled %j, unsampled %j',
    async (sampler, ratio, ...is) => {
      const { tracing, close } = exportTraces({ ...settings(), sampler, ratio }, logbook().logger);
      for (const [index, after] of [undefined, sampled, unsampled].entries()) {
        tracing.begin({ name: String(index), after }).end();
      }
      await close(10_000);
      const sent = collector.spans.map(({ name }) => name);
      expect([0, 1, 2].map((index) => sent.includes(String(index)))).toEqual(is);
    },
  );
});
