import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { readOutput } from './output.ts';

const streamOf = (...parts: Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
const never = () => new AbortController().signal;

describe('reading the output of a program', () => {
  test('puts characters together that were cut between parts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.nat(), async (text, at) => {
        const bytes = new TextEncoder().encode(text);
        const cut = at % (bytes.length + 1);
        const stream = streamOf(bytes.slice(0, cut), bytes.slice(cut));
        expect(await readOutput(stream, 10_000, never())).toBe(text);
      }),
    );
  });

  test('takes as much as the limit, and refuses one byte more', async () => {
    expect(await readOutput(streamOf(new Uint8Array(8)), 8, never())).toHaveLength(8);
    const reading = readOutput(streamOf(new Uint8Array(8), new Uint8Array(1)), 8, never());
    await expect(reading).rejects.toMatchObject({ kind: 'protocol' });
  });

  test('ends when the signal gives a stream up that does not end', async () => {
    const done = new AbortController();
    const reading = readOutput(new ReadableStream<Uint8Array>(), 8, done.signal);
    done.abort();
    expect(await reading).toBe('');
  });
});
