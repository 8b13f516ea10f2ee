import { expect, test } from 'bun:test';
import { Mutex } from './mutex.ts';

const never = new AbortController().signal;

/** A task that ends when it is told to. */
function gate(): { readonly task: () => Promise<string>; readonly open: (text: string) => void } {
  const { promise, resolve } = Promise.withResolvers<string>();
  return { task: () => promise, open: resolve };
}

test('tasks run one at a time, in the order of arrival', async () => {
  const mutex = new Mutex();
  const log: string[] = [];
  const task = (name: string) => async () => {
    log.push(`${name} begins`);
    await Promise.resolve();
    log.push(`${name} ends`);
    return name;
  };
  expect(await Promise.all(['a', 'b', 'c'].map((name) => mutex.run(never, task(name))))).toEqual([
    'a',
    'b',
    'c',
  ]);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('a task that fails fails its caller and lets the next one run', async () => {
  const mutex = new Mutex();
  const failed = mutex.run(never, () => Promise.reject(new Error('broken')));
  const next = mutex.run(never, async () => 'fine');
  expect(await failed.catch((error: Error) => error.message)).toBe('broken');
  expect(await next).toBe('fine');
});

test('a waiting task that is cancelled never runs, and is let go at once', async () => {
  const mutex = new Mutex();
  const first = gate();
  const running = mutex.run(never, first.task);
  const controller = new AbortController();
  let ran = false;
  const waiting = mutex.run(controller.signal, async () => {
    ran = true;
  });
  const reason = new Error('enough');
  controller.abort(reason);
  expect(await waiting.catch((error: unknown) => error)).toBe(reason);
  first.open('done');
  expect(await running).toBe('done');
  expect(await mutex.run(never, async () => ran)).toBe(false);
});

test('a running task is waited for although its signal aborts', async () => {
  const mutex = new Mutex();
  const controller = new AbortController();
  const running = mutex.run(controller.signal, async () => {
    controller.abort(new Error('too late'));
    return 'done';
  });
  expect(await running).toBe('done');
});

test('nothing begins under an aborted signal', async () => {
  const reason = new Error('before');
  const run = new Mutex().run(AbortSignal.abort(reason), async () => 'ran');
  expect(await run.catch((error: unknown) => error)).toBe(reason);
});
