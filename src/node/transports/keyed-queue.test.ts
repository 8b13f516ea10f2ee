import { describe, expect, test } from 'bun:test';
import { KeyedQueue } from './keyed-queue.ts';

const never = () => new AbortController().signal;

describe('work under one key', () => {
  test('runs one after the other, in its order, and failures stop nobody', async () => {
    const queue = new KeyedQueue();
    const log: string[] = [];
    const work = (name: string) =>
      queue.run('key', never(), async () => {
        log.push(`${name} begins`);
        await Promise.resolve();
        log.push(`${name} ends`);
        if (name === 'b') throw new Error('broken');
        return name;
      });
    const results = await Promise.allSettled(['a', 'b', 'c'].map(work));
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(log).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });

  test('does not wait for other keys', async () => {
    const queue = new KeyedQueue();
    const blocked = Promise.withResolvers<void>();
    const first = queue.run('a', never(), () => blocked.promise);
    expect(await queue.run('b', never(), async () => 7)).toBe(7);
    blocked.resolve();
    await first;
  });

  test('that gives up waiting is not run, and lets nobody behind it overtake', async () => {
    const queue = new KeyedQueue();
    const blocked = Promise.withResolvers<void>();
    const log: string[] = [];
    const first = queue.run('key', never(), async () => {
      await blocked.promise;
      log.push('first');
    });
    const cancel = new AbortController();
    const second = queue.run('key', cancel.signal, async () => log.push('second'));
    const third = queue.run('key', never(), async () => log.push('third'));
    cancel.abort(new Error('the caller is gone'));
    await expect(second).rejects.toThrow('the caller is gone');
    blocked.resolve();
    await Promise.all([first, third]);
    expect(log).toEqual(['first', 'third']);
  });
});
