import {
  context as active,
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace as traces,
} from '@opentelemetry/api';
import { CsiError } from '../csi-error.ts';
import type { RpcCall } from '../rpc-call.ts';
import type { Interceptor } from './interceptor.ts';
import { labelField } from './request-fields.ts';

/** A span for each call, below the caller's where it sent one. Costs nothing without an OpenTelemetry SDK. */
export const trace =
  (tracer: Tracer): Interceptor =>
  (next, method) => {
    const name = `${method.service}/${method.name}`;
    const constant = { 'rpc.system': 'grpc', 'rpc.service': method.service, 'rpc.method': method.name };
    return async (request, call) => {
      const parent = callerContext(call.traceparent);
      const span = tracer.startSpan(
        name,
        { kind: SpanKind.SERVER, attributes: { ...constant, ...callAttributes(request, call) } },
        parent,
      );
      call.trace = traces.setSpan(parent, span);
      try {
        return await active.with(call.trace, () => next(request, call));
      } catch (error) {
        fail(span, error);
        throw error;
      } finally {
        span.end();
      }
    };
  };

/** Names as in OpenTelemetry's semantic conventions, or under `csi.` where they have none. */
function callAttributes(request: unknown, call: RpcCall): Record<string, string> {
  const id = labelField(request, 'volumeId');
  return { 'csi.request.id': call.id, ...(id ? { 'csi.volume.id': id } : {}) };
}

function fail(span: Span, error: unknown): void {
  const { code, message } = CsiError.from(error);
  span.setAttribute('rpc.grpc.status_code', code);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** W3C Trace Context, section 3.2: version, trace id, parent id, flags; later versions may append fields. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

/** The context that a `traceparent` stands for; the root where there is none or it is not understood. */
export function callerContext(traceparent: string | undefined): Context {
  const [, traceId = '', spanId = '', flags = ''] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  const caller = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return isSpanContextValid(caller) ? traces.setSpanContext(ROOT_CONTEXT, caller) : ROOT_CONTEXT;
}
