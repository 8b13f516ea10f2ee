import { expect, test } from 'bun:test';
import { Coalescer } from './coalescer.ts';

/** Reads that wait until they are told to end. */
class Reads {
  readonly begun: {
    readonly send: () => void;
    readonly signal: AbortSignal;
    readonly end: (value: string) => void;
  }[] = [];

  readonly read = (send: () => void, signal: AbortSignal): Promise<string> => {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.begun.push({ send, signal, end: resolve });
    return promise;
  };
}

const never = new AbortController().signal;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('callers that ask the same while it waits share one read', async () => {
  const [coalescer, reads] = [new Coalescer<string>(), new Reads()];
  const both = ['k', 'k', 'other'].map((key) => coalescer.join(key, never, reads.read));
  await turn();
  expect(reads.begun).toHaveLength(2);
  for (const { end } of reads.begun) end('value');
  expect(await Promise.all(both)).toEqual(['value', 'value', 'value']);
});

test('who comes once it was sent gets a read of their own, since the first may not have what they wait for', async () => {
  const [coalescer, reads] = [new Coalescer<string>(), new Reads()];
  const early = coalescer.join('k', never, reads.read);
  await turn();
  reads.begun[0]?.send();
  const late = coalescer.join('k', never, reads.read);
  await turn();
  for (const [at, { end }] of reads.begun.entries()) end(`read ${at}`);
  expect(await Promise.all([early, late])).toEqual(['read 0', 'read 1']);
});

test('the first caller may go: the others get what was read', async () => {
  const [coalescer, reads] = [new Coalescer<string>(), new Reads()];
  const over = new AbortController();
  const first = coalescer.join('k', over.signal, reads.read).catch((error: unknown) => error);
  const second = coalescer.join('k', never, reads.read);
  await turn();
  const reason = new Error('gone');
  over.abort(reason);
  expect(await first).toBe(reason);
  expect(reads.begun[0]?.signal.aborted).toBe(false);
  reads.begun[0]?.end('value');
  expect(await second).toBe('value');
});

test('a read is given up once all have gone, and nobody joins it any more', async () => {
  const [coalescer, reads] = [new Coalescer<string>(), new Reads()];
  const over = new AbortController();
  const gone = [1, 2].map(() => coalescer.join('k', over.signal, reads.read).catch(() => 'gone'));
  await turn();
  over.abort(new Error('gone'));
  expect(await Promise.all(gone)).toEqual(['gone', 'gone']);
  expect(reads.begun[0]?.signal.aborted).toBe(true);
  const next = coalescer.join('k', never, reads.read);
  await turn();
  reads.begun[1]?.end('value');
  expect(await next).toBe('value');
});
