import {
  type Attributes,
  context as active,
  type Context,
  isSpanContextValid,
  type Span,
  type SpanContext,
  type SpanOptions,
  SpanStatusCode,
  trace as traces,
} from '@opentelemetry/api';
import { VERSION } from '../../version.ts';
import type { LogFields } from './logger.ts';

/**
 * A span below the one that is active where it is called, or below `parent`. Without an OpenTelemetry SDK
 * (`otlp-tracing.ts`) it is nothing. Whoever starts one ends it.
 */
export const startSpan = (
  name: string,
  options: SpanOptions = {},
  parent: Context = currentContext(),
): Span => traces.getTracer('rose-csi', VERSION).startSpan(name, options, parent);

/** For spans that are started elsewhere: callbacks run in the context of whoever calls them. */
export const currentContext = (): Context => active.active();

/** Does the work within a span: those that are started meanwhile are below it. Throws what the work throws. */
export async function inSpan<T>(
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const span = startSpan(name, { attributes });
  try {
    return await active.with(traces.setSpan(active.active(), span), () => work(span));
  } catch (error) {
    failSpan(span, error);
    throw error;
  } finally {
    span.end();
  }
}

export function failSpan(span: Span, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** By which a line of the log is found from a span, and the reverse; nothing where nobody traces. */
export const traceFields = (span: SpanContext | undefined): LogFields =>
  span && isSpanContextValid(span) ? { traceId: span.traceId } : {};
