import { describe, expect, test } from 'bun:test';
import { recordedSpans } from '../../../test/support/recorded-spans.ts';
import { inSpan, startSpan, traceFields } from './spans.ts';

describe('spans', () => {
  test('those that are started within one are below it, across what is awaited', async () => {
    const spans = await recordedSpans(() =>
      inSpan('outer', { a: 1 }, async () => {
        await Promise.resolve();
        startSpan('inner').end();
      }),
    );
    const [inner, outer] = spans;
    expect(spans.map(({ name }) => name)).toEqual(['inner', 'outer']);
    expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId ?? '');
    expect(outer?.attributes).toEqual({ a: 1 });
  });

  test('one whose work fails says why, and the failure goes on', async () => {
    const failure = new Error('no space');
    const spans = await recordedSpans(async () => {
      const failing = inSpan('fails', {}, () => Promise.reject(failure));
      expect(await failing.catch((error: unknown) => error)).toBe(failure);
    });
    expect(spans[0]?.status).toEqual({ code: 2, message: 'no space' });
  });

  test('without an SDK the work is done all the same, and there is no trace id', async () => {
    expect(await inSpan('nothing', {}, async (span) => traceFields(span.spanContext()))).toEqual({});
  });
});
