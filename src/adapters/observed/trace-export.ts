import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  type SpanExporter,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { type Logger } from '../../ports/logger.js';
import { SpanIds } from './span-ids.js';
import { Tracing } from './tracing.js';

export const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export interface TraceSettings {
  /** Of OTLP over HTTP, without `/v1/traces`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly sampler: (typeof samplers)[number];
  /** Of traces that begin here, from 0 to 1. */
  readonly ratio: number;
  /** Who tells. */
  readonly resource: Readonly<Record<string, string | readonly string[]>>;
}

export interface TraceExport {
  readonly tracing: Tracing;
  /** Spans that nobody has got: the collector was away, or could not keep up. */
  readonly lost: () => number;
  /** Sends what is left, as far as that is possible within the time. */
  readonly close: (patienceMs: number) => Promise<void>;
}

/** Spans that wait to be sent; more are lost. */
const mostWaiting = 16_384;
const batchSize = 2_048;
const sendEveryMs = 1_000;
/** Of one batch, trying again included: a collector that is away must not keep what waits for ever. */
const sendingMs = 5_000;
const warnEveryMs = 60_000;

/** Spans to a collector, in the background and in batches. That it is away costs spans, and nothing else. */
export const exportTraces = (settings: TraceSettings, logger: Logger): TraceExport => {
  const { headers, resource } = settings;
  const url = `${settings.endpoint.replace(/\/+$/, '')}/v1/traces`;
  const delivery = new Delivery(
    new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: sendingMs }),
    logger,
  );
  const ids = new SpanIds();
  const provider = new TracerProvider({
    idGenerator: ids,
    sampler: samplerOf(settings),
    resource: resourceFromAttributes(
      Object.fromEntries(
        Object.entries(resource).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : [...value],
        ]),
      ),
    ),
    spanProcessors: [delivery.processor],
  });
  return {
    tracing: new Tracing({
      tracer: provider.getTracer('order-processing'),
      ids,
      heedsParents: settings.sampler.startsWith('parentbased_'),
    }),
    lost: () => delivery.lost,
    close: async (patienceMs) => {
      let patience: NodeJS.Timeout | undefined;
      const overdue = new Promise((resolve) => {
        patience = setTimeout(resolve, patienceMs);
      });
      await Promise.race([provider.shutdown().catch(() => undefined), overdue]);
      clearTimeout(patience);
      delivery.giveUp();
    },
  };
};

const samplerOf = ({ sampler, ratio }: TraceSettings): Sampler => {
  const root = sampler.endsWith('always_on')
    ? new AlwaysOnSampler()
    : sampler.endsWith('always_off')
      ? new AlwaysOffSampler()
      : new TraceIdRatioBasedSampler(ratio);
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
};

/** The SDK's batches, with a bound of its own, so that what does not arrive is counted. */
class Delivery {
  lost = 0;
  private waiting = 0;
  /** What waited has been given up, and counted. */
  private isOver = false;
  private warnedAt = -Infinity;
  private readonly batches: BatchSpanProcessor;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly logger: Logger,
  ) {
    this.batches = new BatchSpanProcessor({
      exporter: {
        export: (spans, done) => {
          this.send(spans, done);
        },
        forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
        shutdown: () => exporter.shutdown(),
      },
      maxQueueSize: mostWaiting,
      maxExportBatchSize: batchSize,
      scheduledDelayMillis: sendEveryMs,
      exportTimeoutMillis: 2 * sendingMs,
    });
  }

  get processor(): SpanProcessor {
    const { batches } = this;
    return {
      onStart: () => undefined,
      onEnd: (span) => {
        if (this.waiting === mostWaiting) {
          this.lose(1, 'they come faster than they can be sent');
          return;
        }
        this.waiting += 1;
        batches.onEnd(span);
      },
      forceFlush: () => batches.forceFlush(),
      shutdown: () => batches.shutdown(),
    };
  }

  /** What waits still. */
  giveUp(): void {
    this.isOver = true;
    if (this.waiting > 0) this.lose(this.waiting, 'the program ends');
  }

  private send(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.exporter.export(spans, (result) => {
      done(result);
      if (this.isOver) return;
      this.waiting -= spans.length;
      if (result.code !== ExportResultCode.SUCCESS) this.lose(spans.length, reasonOf(result.error));
    });
  }

  private lose(spans: number, reason: string): void {
    this.lost += spans;
    if (performance.now() - this.warnedAt < warnEveryMs) return;
    this.warnedAt = performance.now();
    this.logger.warn(
      { spansLost: this.lost, reason },
      'Spans are lost: see OTEL_EXPORTER_OTLP_ENDPOINT. The program goes on without them.',
    );
  }
}

/** Names and status codes; what a server answers may hold anything. */
const reasonOf = (error: Error | undefined): string => {
  if (error === undefined) return 'the collector did not take them';
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'string' || typeof code === 'number' ? `${error.name} ${code}` : error.name;
};
