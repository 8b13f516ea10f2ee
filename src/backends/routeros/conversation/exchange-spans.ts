import { type Span, SpanKind } from '@opentelemetry/api';
import { currentContext, failSpan, startSpan } from '../../../core/observe/spans.ts';

/** Two spans, one after the other: the wait for a connection (`queue`), and the time at the appliance (`exec`). */
export class ExchangeSpans {
  private readonly parent = currentContext();
  private span: Span;

  constructor(
    private readonly operation: string,
    private readonly appliance: string,
  ) {
    this.span = this.open('queue');
  }

  /** The line is about to be written. */
  sent(): void {
    this.span.end();
    this.span = this.open('exec', SpanKind.CLIENT);
  }

  failed(error: unknown): void {
    failSpan(this.span, error);
  }

  end(): void {
    this.span.end();
  }

  private open(name: string, kind?: SpanKind): Span {
    const attributes = { 'rose_csi.operation': this.operation, 'rose_csi.appliance': this.appliance };
    return startSpan(name, { attributes, ...(kind !== undefined && { kind }) }, this.parent);
  }
}
