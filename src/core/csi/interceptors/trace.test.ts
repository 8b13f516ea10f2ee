import { describe, expect, test } from 'bun:test';
import { ROOT_CONTEXT, type Span, type SpanOptions, trace as traces } from '@opentelemetry/api';
import fc from 'fast-check';
import { rpcCall, rpcMethod } from '../../../../test/support/rpc-call.ts';
import { invalidArgument } from '../csi-error.ts';
import { callerContext, trace } from './trace.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE_ID}-${SPAN_ID}-01`;

/** A tracer that keeps what was asked of its one span. */
function recordingTracer() {
  const events: unknown[][] = [];
  const span = new Proxy(traces.wrapSpanContext({ traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1 }), {
    get: (target, property) =>
      ['setAttribute', 'setStatus', 'end'].includes(String(property))
        ? (...given: unknown[]) => {
            events.push([property, ...given]);
            return span;
          }
        : Reflect.get(target, property),
  }) as Span;
  const started: { name: string; options: SpanOptions | undefined; parent: unknown }[] = [];
  const tracer = {
    startSpan: (name: string, options?: SpanOptions, context = ROOT_CONTEXT) => {
      started.push({ name, options, parent: traces.getSpanContext(context) });
      return span;
    },
    startActiveSpan: () => {
      throw new Error('not used');
    },
  };
  return { tracer, span, events, started };
}

describe('trace', () => {
  test("makes a span below the caller's and hands it on", async () => {
    const { tracer, span, events, started } = recordingTracer();
    const call = rpcCall('DeleteVolume', { traceparent: TRACEPARENT });
    const layer = trace(tracer)(async (_, { trace }) => traces.getSpan(trace), rpcMethod('DeleteVolume'));
    expect(await layer({ volumeId: 'a/b' }, call)).toBe(span);
    expect(started).toEqual([
      {
        name: 'csi.v1.Controller/DeleteVolume',
        options: {
          kind: 1,
          attributes: {
            'rpc.system': 'grpc',
            'rpc.service': 'csi.v1.Controller',
            'rpc.method': 'DeleteVolume',
            'csi.request.id': 'request-1',
            'csi.volume.id': 'a/b',
          },
        },
        parent: { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1, isRemote: true },
      },
    ]);
    expect(events).toEqual([['end']]);
  });

  test('a failure is on the span, which ends', async () => {
    const { tracer, events } = recordingTracer();
    const error = invalidArgument('name: is required');
    const layer = trace(tracer)(() => Promise.reject(error), rpcMethod('CreateVolume'));
    await expect(layer({}, rpcCall())).rejects.toBe(error);
    expect(events).toEqual([
      ['setAttribute', 'rpc.grpc.status_code', 3],
      ['setStatus', { code: 2, message: 'name: is required' }],
      ['end'],
    ]);
  });
});

describe('callerContext', () => {
  test.each([TRACEPARENT, `00-${TRACE_ID}-${SPAN_ID}-00`, `01-${TRACE_ID}-${SPAN_ID}-01-later-fields`])(
    'reads %s',
    (traceparent) => {
      expect(traces.getSpanContext(callerContext(traceparent))).toMatchObject({
        traceId: TRACE_ID,
        spanId: SPAN_ID,
      });
    },
  );

  test.each([
    undefined,
    '',
    `ff-${TRACE_ID}-${SPAN_ID}-01`,
    `00-${'0'.repeat(32)}-${SPAN_ID}-01`,
    `00-${TRACE_ID}-${'0'.repeat(16)}-01`,
    `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`,
    `00-${TRACE_ID}-${SPAN_ID}`,
  ])('starts a trace of its own for %p', (traceparent) => {
    expect(callerContext(traceparent)).toBe(ROOT_CONTEXT);
  });

  test('no text breaks it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(traces.getSpanContext(callerContext(text))).toBeUndefined();
      }),
    );
  });
});
