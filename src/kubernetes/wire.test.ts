import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { jsonLines } from './json-lines.ts';
import { KubernetesError } from './kubernetes-error.ts';
import { readList, readWatchEvent } from './wire.ts';

describe('what comes over the wire', () => {
  test('is understood, or refused as a KubernetesError: nothing else, whatever comes', () => {
    for (const read of [readList, readWatchEvent]) {
      fc.assert(
        fc.property(fc.oneof(fc.jsonValue(), fc.object(), fc.anything()), (value) => {
          try {
            read(value);
          } catch (error) {
            expect(error).toBeInstanceOf(KubernetesError);
          }
        }),
      );
    }
  });

  test('an ERROR event is the error that it carries', () => {
    const object = { kind: 'Status', code: 410, message: 'too old' };
    expect(() => readWatchEvent({ type: 'ERROR', object })).toThrow(/410 too old/);
  });

  test('lines come whole, however they are cut, and the rest of a cut line is dropped', async () => {
    const values = fc.array(fc.record({ text: fc.string(), at: fc.integer() }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(values, fc.integer({ min: 1, max: 9 }), async (given, size) => {
        const bytes = Buffer.from(`${given.map((one) => JSON.stringify(one)).join('\n')}\n{"cut`);
        const stream = new ReadableStream<Uint8Array>({
          start(controller) {
            for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.subarray(at, at + size));
            controller.close();
          },
        });
        expect(await Array.fromAsync(jsonLines(stream))).toEqual(given);
      }),
    );
  });

  test('a line that is no JSON is an error', async () => {
    const stream = new Response('{"a":1}\n<html>\n').body;
    if (!stream) throw new Error('no body');
    await expect(Array.fromAsync(jsonLines(stream))).rejects.toMatchObject({ kind: 'protocol' });
  });
});
