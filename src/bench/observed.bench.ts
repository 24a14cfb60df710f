import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { http } from './http.bench.js';
import { type Figures, inFreshFolder, median } from './measure.js';

const figures = ['httpReceipts', 'httpOrders', 'confirmedOrders', 'orderCpuMs'] as const;

/** The same load on the program with nobody looking, with metrics, and with metrics and traces. */
export const measureObserved = async ({
  rounds,
  orders,
}: {
  readonly rounds: number;
  readonly orders: number;
}): Promise<void> => {
  const sink = createServer((request, response) => {
    request.resume().on('end', () => response.end());
  });
  sink.listen(0, '127.0.0.1');
  await once(sink, 'listening');
  const metrics = { OPS_PORT: '9199' };
  const endpoint = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
  const ways = [
    { name: 'neither', settings: {} },
    { name: 'metrics', settings: metrics },
    { name: 'metrics and traces', settings: { ...metrics, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } },
    {
      name: 'metrics and a tenth of the traces',
      settings: {
        ...metrics,
        ...{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' },
        OTEL_TRACES_SAMPLER_ARG: '0.1',
      },
    },
  ];
  const measured = new Map<string, Figures[]>(ways.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    // So that what changes on the machine meets all of them alike.
    for (const { name, settings } of round % 2 === 0 ? ways : ways.toReversed()) {
      const of = (dataDir: string) => http(dataDir, { receipts: orders, orders }, settings);
      measured.get(name)?.push(await inFreshFolder(of));
    }
  }
  sink.close();
  const middle = (name: string, figure: (typeof figures)[number]): number =>
    median((measured.get(name) ?? []).map((each) => each[figure] ?? NaN));
  const shown = (name: string, figure: (typeof figures)[number]): string => {
    const [value, without] = [middle(name, figure), middle('neither', figure)];
    const digits = figure === 'orderCpuMs' ? 2 : 0;
    return `${value.toFixed(digits)} (${(value / without).toFixed(2)})`.padStart(16);
  };
  console.log(`${''.padEnd(36)}${figures.map((figure) => figure.padStart(16)).join('')}`);
  for (const { name } of ways) {
    console.log(`${name.padEnd(36)}${figures.map((figure) => shown(name, figure)).join('')}`);
  }
};
