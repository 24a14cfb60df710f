import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
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
import { type SpanIds } from './span-ids.js';

/** What is being done, across everything that is awaited. */
interface Scope {
  readonly span: SpanContext | undefined;
  readonly correlationId: string | undefined;
}

const active = new AsyncLocalStorage<Scope>();

/** What a span begins with. Attributes carry ids and codes, never personal data. */
export interface Beginning {
  /** Of few values: no ids. */
  readonly name: string;
  readonly kind?: keyof typeof SpanKind;
  /** A function is asked only if the span is recorded. */
  readonly attributes?: Attributes | (() => Attributes);
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
  /** Not told of when nothing followed from it and nothing failed; it is given no attributes after its beginning. */
  readonly onlyIfUsed?: boolean;
}

/** Who records spans. */
export interface Recorder {
  readonly tracer: Tracer;
  /** Those that the tracer's provider takes. */
  readonly ids: SpanIds;
  /** A trace that whoever began it does not record is not recorded. */
  readonly heedsParents: boolean;
}

/**
 * Spans of this process. Where none is recorded, the context that came from outside is what goes on: a trace of others
 * passes through.
 */
export class Tracing {
  /** Those that are told of only if they are used, and are not used yet. */
  private readonly unused = new Set<string>();

  constructor(private readonly recorder?: Recorder) {}

  get isOn(): boolean {
    return this.recorder !== undefined;
  }

  /** The traceparent of what is being done at this moment. */
  get current(): string | undefined {
    const span = active.getStore()?.span;
    return span && traceparentOf(span);
  }

  begin(beginning: Beginning): OpenSpan {
    const around = active.getStore();
    const { after, root = false, correlationId = around?.correlationId } = beginning;
    const parent = root ? undefined : (contextOf(after, beginning.tracestate) ?? around?.span);
    if (parent !== undefined) this.unused.delete(parent.spanId);
    const { recorder } = this;
    const isLeftOut = recorder?.heedsParents === true && parent !== undefined && !isRecorded(parent);
    if (recorder === undefined || isLeftOut) {
      return new OpenSpan(undefined, { span: parent, correlationId });
    }
    if (beginning.onlyIfUsed === true && parent !== undefined) {
      return this.beginUnused(beginning, recorder, parent, correlationId);
    }
    const span = start(recorder.tracer, beginning, parent);
    return new OpenSpan(() => span, { span: span.spanContext(), correlationId });
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

  /** Most of these come to nothing, so it is recorded when it is known that it does not. */
  private beginUnused(
    beginning: Beginning,
    { tracer, ids }: Recorder,
    parent: SpanContext,
    correlationId: string | undefined,
  ): OpenSpan {
    const startTime = Date.now();
    const span = { ...parent, spanId: ids.generateSpanId(), isRemote: false };
    this.unused.add(span.spanId);
    const record = (hasFailed: boolean): Span | undefined => {
      if (this.unused.delete(span.spanId) && !hasFailed) return undefined;
      ids.use(span.spanId);
      return start(tracer, beginning, parent, startTime);
    };
    return new OpenSpan(record, { span, correlationId });
  }
}

const start = (
  tracer: Tracer,
  { name, kind = 'INTERNAL', attributes = {}, links = [] }: Beginning,
  parent: SpanContext | undefined,
  startTime?: number,
): Span => {
  const context: Context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
  const linked = links.flatMap((link) => {
    const found = contextOf(link);
    return found === undefined ? [] : [{ context: found }];
  });
  const options = {
    kind: SpanKind[kind],
    attributes: typeof attributes === 'function' ? attributes() : attributes,
    links: linked,
  };
  return tracer.startSpan(name, startTime === undefined ? options : { ...options, startTime }, context);
};

/** A span that has begun. */
export class OpenSpan {
  /** @param record the span that is told of, if it is */
  constructor(
    private readonly record: ((hasFailed: boolean) => Span | undefined) | undefined,
    private readonly scope: Scope,
  ) {}

  /** For whatever follows from it; undefined when it belongs to no trace. */
  get traceparent(): string | undefined {
    const { span } = this.scope;
    return span && traceparentOf(span);
  }

  /** Before its end. */
  set(attributes: Attributes): void {
    this.record?.(false)?.setAttributes(attributes);
  }

  /** What is logged and begun by the work, now and later, belongs to it. */
  within<Result>(work: () => Result): Result {
    return active.run(this.scope, work);
  }

  end(): void {
    this.record?.(false)?.end();
  }

  /** Its kind alone: what an error says may hold anything. */
  fail(error: unknown): void {
    this.failAs(error instanceof Error ? error.name : typeof error);
  }

  failAs(type: string): void {
    const span = this.record?.(true);
    span?.setAttribute('error.type', type);
    span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
  }
}

/** What every line that is logged at this moment says of where it belongs. */
export const logFields = (): {
  readonly correlationId?: string;
  readonly traceId?: string;
  readonly spanId?: string;
} => {
  const { correlationId, span } = active.getStore() ?? {};
  return {
    ...(correlationId !== undefined && { correlationId }),
    ...(span !== undefined && { traceId: span.traceId, spanId: span.spanId }),
  };
};

const contextOf = (traceparent: string | undefined, tracestate?: string): SpanContext | undefined => {
  const context = traceparent === undefined ? null : parseTraceParent(traceparent);
  if (context === null) return undefined;
  return {
    ...context,
    isRemote: true,
    ...(tracestate !== undefined && { traceState: new TraceState(tracestate) }),
  };
};

const isRecorded = ({ traceFlags }: SpanContext): boolean => (traceFlags & TraceFlags.SAMPLED) !== 0;

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparentOf = (span: SpanContext): string =>
  `00-${span.traceId}-${span.spanId}-${isRecorded(span) ? '01' : '00'}`;

/** Whether spans that follow from it are to be recorded. */
export const isSampled = (traceparent: string | undefined): traceparent is string =>
  traceparent !== undefined && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f][13579bdf]$/.test(traceparent);
