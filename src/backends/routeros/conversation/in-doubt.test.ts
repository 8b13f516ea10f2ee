import { expect, test } from 'bun:test';
import { InDoubt } from './in-doubt.ts';

const never = new AbortController().signal;

/** Whether it resolves without anything else happening. */
const isSettled = (work: Promise<unknown>): Promise<boolean> =>
  Promise.race([
    work.then(() => true),
    new Promise<boolean>((resolve) => {
      setImmediate(() => resolve(false));
    }),
  ]);

test('who writes next waits for every write whose outcome is not known, and for no other slot', async () => {
  const inDoubt = new InDoubt();
  const [one, two] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  inDoubt.add('slot', one.promise);
  inDoubt.add('slot', two.promise);
  const next = inDoubt.settled('slot', never);
  expect(await isSettled(inDoubt.settled('other', never))).toBe(true);
  one.resolve();
  expect(await isSettled(next)).toBe(false);
  two.reject(new Error('lost'));
  await next;
  expect(await isSettled(inDoubt.settled('slot', never))).toBe(true);
});

test('who waits may go', async () => {
  const inDoubt = new InDoubt();
  inDoubt.add('slot', new Promise(() => undefined));
  const reason = new Error('gone');
  expect(await inDoubt.settled('slot', AbortSignal.abort(reason)).catch((error: unknown) => error)).toBe(
    reason,
  );
});
