import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  createContextKey,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
} from '@opentelemetry/api';
import { parseTraceParent, TraceState } from '@opentelemetry/core';

/** What is being done, across everything that is awaited. */
const active = new AsyncLocalStorage<Context>();
const correlationKey = createContextKey('correlation id');

/** What a span begins with. Attributes carry ids and codes, never personal data. */
export interface Beginning {
  /** Of few values: no ids. */
  readonly name: string;
  readonly kind?: keyof typeof SpanKind;
  readonly attributes?: Attributes;
  /** The traceparent of what it follows from. Default: what is being done at this moment. */
  readonly after?: string | undefined;
  /** Of a request, beside its traceparent. */
  readonly tracestate?: string | undefined;
  /** Begins a trace of its own. */
  readonly root?: boolean;
  /** Traceparents of what it has to do with and does not follow from. */
  readonly links?: readonly (string | undefined)[];
  /** Of the lines that are logged within. Default: as around it. */
  readonly correlationId?: string | undefined;
  /** Not told of when nothing followed from it and nothing failed. */
  readonly onlyIfUsed?: boolean;
}

/**
 * Spans of this process. Without a tracer none is recorded, and the context that came from outside is what goes on: a
 * trace of others passes through.
 */
export class Tracing {
  /** Those that are told of only if they are used, and are not used yet. */
  private readonly unused = new Set<string>();

  constructor(private readonly tracer?: Tracer) {}

  get isOn(): boolean {
    return this.tracer !== undefined;
  }

  /** The traceparent of what is being done at this moment. */
  get current(): string | undefined {
    const span = trace.getSpanContext(active.getStore() ?? ROOT_CONTEXT);
    return span !== undefined && trace.isSpanContextValid(span) ? traceparentOf(span) : undefined;
  }

  begin(beginning: Beginning): OpenSpan {
    const { name, kind = 'INTERNAL', attributes = {}, after, tracestate, root = false } = beginning;
    const around = active.getStore() ?? ROOT_CONTEXT;
    const given = root ? undefined : contextOf(after, tracestate);
    let parent = root ? trace.deleteSpan(around) : around;
    if (given !== undefined) parent = trace.setSpanContext(around, given);
    if (beginning.correlationId !== undefined) {
      parent = parent.setValue(correlationKey, beginning.correlationId);
    }
    const links = (beginning.links ?? []).flatMap((link) => {
      const context = contextOf(link);
      return context === undefined ? [] : [{ context }];
    });
    const span = (this.tracer ?? silent).startSpan(
      name,
      { kind: SpanKind[kind], attributes, links, root },
      parent,
    );
    const parentId = trace.getSpanContext(parent)?.spanId;
    if (parentId !== undefined) this.unused.delete(parentId);
    const { spanId } = span.spanContext();
    const mustBeUsed = beginning.onlyIfUsed === true && span.isRecording();
    if (mustBeUsed) this.unused.add(spanId);
    return new OpenSpan(span, trace.setSpan(parent, span), () => mustBeUsed && this.unused.delete(spanId));
  }

  /** The work within a span of its own, which ends when it does and says so if it failed. */
  async run<Result>(beginning: Beginning, work: (span: OpenSpan) => Promise<Result>): Promise<Result> {
    const span = this.begin(beginning);
    try {
      const result = await span.within(() => work(span));
      span.end();
      return result;
    } catch (error) {
      span.fail(error);
      throw error;
    }
  }
}

/** A span that has begun. */
export class OpenSpan {
  /** For whatever follows from it; undefined when it belongs to no trace. */
  readonly traceparent: string | undefined;

  constructor(
    private readonly span: Span,
    private readonly context: Context,
    private readonly isUnused: () => boolean,
  ) {
    const spanContext = span.spanContext();
    this.traceparent = trace.isSpanContextValid(spanContext) ? traceparentOf(spanContext) : undefined;
  }

  /** Whether it will be told of. */
  get isRecording(): boolean {
    return this.span.isRecording();
  }

  set(attributes: Attributes): void {
    this.span.setAttributes(attributes);
  }

  /** What is logged and begun by the work, now and later, belongs to it. */
  within<Result>(work: () => Result): Result {
    return active.run(this.context, work);
  }

  end(): void {
    if (!this.isUnused()) this.span.end();
  }

  /** Its kind alone: what an error says may hold anything. */
  fail(error: unknown): void {
    this.failAs(error instanceof Error ? error.name : typeof error);
  }

  failAs(type: string): void {
    this.isUnused();
    this.span.setAttribute('error.type', type);
    this.span.setStatus({ code: SpanStatusCode.ERROR });
    this.span.end();
  }
}

/** What every line that is logged at this moment says of where it belongs. */
export const logFields = (): {
  readonly correlationId?: string;
  readonly traceId?: string;
  readonly spanId?: string;
} => {
  const context = active.getStore();
  if (context === undefined) return {};
  const correlationId = context.getValue(correlationKey);
  const span = trace.getSpanContext(context);
  return {
    ...(typeof correlationId === 'string' && { correlationId }),
    ...(span !== undefined &&
      trace.isSpanContextValid(span) && { traceId: span.traceId, spanId: span.spanId }),
  };
};

/** Records nothing, and takes its parent's context for its own. */
const silent = trace.getTracer('none');

const contextOf = (traceparent: string | undefined, tracestate?: string): SpanContext | undefined => {
  const context = traceparent === undefined ? null : parseTraceParent(traceparent);
  if (context === null || !trace.isSpanContextValid(context)) return undefined;
  return {
    ...context,
    isRemote: true,
    ...(tracestate !== undefined && { traceState: new TraceState(tracestate) }),
  };
};

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01'}`;

/** Whether spans that follow from it are to be recorded. */
export const isSampled = (traceparent: string | undefined): traceparent is string =>
  ((contextOf(traceparent)?.traceFlags ?? 0) & TraceFlags.SAMPLED) !== 0;
