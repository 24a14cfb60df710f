import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import {
  AlwaysOnSampler,
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { SpanIds } from '../span-ids.js';
import { Tracing } from '../tracing.js';

/** Spans of a tracing that keeps them, in the order in which they ended. */
export const recordedSpans = () => {
  const exporter = new InMemorySpanExporter();
  const ids = new SpanIds();
  const provider = new TracerProvider({
    idGenerator: ids,
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  return {
    tracing: new Tracing({ tracer: provider.getTracer('test'), ids, heedsParents: true }),
    spans: () =>
      exporter.getFinishedSpans().map((span) => ({
        name: span.name,
        kind: SpanKind[span.kind],
        traceId: span.spanContext().traceId,
        spanId: span.spanContext().spanId,
        parentId: span.parentSpanContext?.spanId,
        links: span.links.map(({ context }) => context.spanId),
        attributes: span.attributes,
        failed: span.status.code === SpanStatusCode.ERROR,
        said: span.status.message,
      })),
  };
};

export const traceA = '4bf92f3577b34da6a3ce929d0e0e4736';
export const traceB = '0af7651916cd43dd8448eb211c80319c';
export const spanA = '00f067aa0ba902b7';
export const spanB = 'b7ad6b7169203331';
export const ofA = `00-${traceA}-${spanA}-01`;
export const ofB = `00-${traceB}-${spanB}-01`;
/** Of which whoever began it wants no record. */
export const unsampled = `00-${traceB}-${spanB}-00`;
