import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** From a cached answer to one that somebody has given up on. */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** From a payment that is approved at once to an order that waits for stock. */
const longBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400, 604_800];

export type Labels = Readonly<Record<string, string>>;

/** A value and the labels that it is told with. */
export interface Reading {
  readonly labels: Labels;
  readonly value: number;
}

export class Durations {
  constructor(private readonly histogram: Histogram) {}

  /** @param traceId of what took so long, as an example of its bucket */
  observe(labels: Labels, seconds: number, traceId?: string): void {
    const exemplar = traceId === undefined ? {} : { exemplarLabels: { trace_id: traceId } };
    this.histogram.observe({ labels, value: seconds, ...exemplar });
  }

  /** From now until the function that it gives is called. */
  start(): (labels: Labels, traceId?: string) => void {
    const start = performance.now();
    return (labels, traceId) => {
      this.observe(labels, (performance.now() - start) / 1_000, traceId);
    };
  }
}

/**
 * What this process tells of itself, in the OpenMetrics text format (https://prometheus.io/docs/specs/om/open_metrics_spec/).
 * Labels take their values from the code and the configuration alone, never from requests: their number is bounded.
 */
export class Metrics {
  private readonly registry = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();

  constructor() {
    this.registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** Memory, event loop, garbage collection. */
  ofRuntime(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  counter(name: string, help: string, labelNames: readonly string[] = []): Counter {
    return new Counter({ ...this.described(name, help), labelNames });
  }

  /** @param read what is counted elsewhere, asked for at every scrape; it never goes down */
  counted(name: string, help: string, labelNames: readonly string[], read: () => readonly Reading[]): void {
    const counter: Counter = new Counter({
      ...this.described(name, help),
      labelNames,
      collect: () => {
        counter.reset();
        for (const { labels, value } of read()) counter.inc(labels, value);
      },
    });
  }

  gauge(name: string, help: string, labelNames: readonly string[] = []): Gauge {
    return new Gauge({ ...this.described(name, help), labelNames });
  }

  /** @param read asked for at every scrape; what it does not tell any more is gone */
  measured(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => readonly Reading[] | Promise<readonly Reading[]>,
  ): void {
    const gauge: Gauge = new Gauge({
      ...this.described(name, help),
      labelNames,
      collect: async () => {
        const readings = await read();
        gauge.reset();
        for (const { labels, value } of readings) gauge.set(labels, value);
      },
    });
  }

  /** Of durations in seconds. */
  durations(
    name: string,
    help: string,
    labelNames: readonly string[],
    range: 'short' | 'long' = 'short',
  ): Durations {
    const buckets = range === 'short' ? secondsBuckets : longBuckets;
    return new Durations(
      new Histogram({ ...this.described(name, help), labelNames, buckets, enableExemplars: true }),
    );
  }

  /** Everything, as of now. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  private described(name: string, help: string) {
    return { name, help, registers: [this.registry] };
  }
}
