import { describe, expect, test } from 'bun:test';
import { abortable } from './abortable.ts';

describe('abortable', () => {
  test('gives what the work gives', async () => {
    expect(await abortable(Promise.resolve(7), new AbortController().signal)).toBe(7);
    const failing = abortable(Promise.reject(new Error('broken')), new AbortController().signal);
    await expect(failing).rejects.toThrow('broken');
  });

  test('rejects with the reason as soon as the signal aborts', async () => {
    const cancel = new AbortController();
    const pending = abortable(Promise.withResolvers<void>().promise, cancel.signal);
    cancel.abort(new Error('too late'));
    await expect(pending).rejects.toThrow('too late');
  });

  test('rejects at once with a signal that has aborted', async () => {
    const pending = abortable(Promise.resolve(7), AbortSignal.abort(new Error('too late')));
    await expect(pending).rejects.toThrow('too late');
  });
});
