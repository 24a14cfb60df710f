import { type IdGenerator, RandomIdGenerator } from '@opentelemetry/sdk-trace';

/** Random ones, and for a span whose id has been told before it is recorded, that one. */
export class SpanIds implements IdGenerator {
  private readonly random = new RandomIdGenerator();
  private next: string | undefined;

  generateTraceId(): string {
    return this.random.generateTraceId();
  }

  generateSpanId(): string {
    const { next } = this;
    this.next = undefined;
    return next ?? this.random.generateSpanId();
  }

  /** The id of the span that is begun next, which must be at once. */
  use(spanId: string): void {
    this.next = spanId;
  }
}
