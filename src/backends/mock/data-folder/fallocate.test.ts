import { afterAll, beforeAll, expect, test } from 'bun:test';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fallocate } from './fallocate.ts';

const calm = new AbortController().signal;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rose-csi-fallocate-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A program that says something and ends with 1. */
async function saying(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\necho "${text}" >&2\nexit 1\n`);
  await chmod(path, 0o700);
  return path;
}

const failure = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

test('the blocks of a file are really set aside, and its data stays', async () => {
  const path = join(folder, 'thick');
  await writeFile(path, 'data');
  await fallocate()(path, 1_048_576n, calm);
  const { size, blocks } = await stat(path);
  expect(size).toBe(1_048_576);
  expect(blocks * 512).toBeGreaterThanOrEqual(1_048_576);
  expect((await Bun.file(path).text()).slice(0, 5)).toBe('data\0');
});

test('what the program says becomes the kind of error that it is', async () => {
  const cases = [
    ['full', 'fallocate: fallocate failed: No space left on device', 'exhausted'],
    ['cannot', 'fallocate: fallocate failed: Operation not supported', 'unsupported'],
    ['other', 'fallocate: cannot open: Input/output error', 'unavailable'],
  ] as const;
  for (const [name, text, kind] of cases) {
    const error = await failure(fallocate(await saying(name, text))('/nowhere', 1n, calm));
    expect(error).toMatchObject({ kind });
    expect(String(error)).toContain(text);
  }
});

test('a missing program is named with its package', async () => {
  const error = await failure(fallocate(join(folder, 'no-such-program'))('/nowhere', 1n, calm));
  expect(error).toMatchObject({ kind: 'unsupported' });
  expect(String(error)).toContain('util-linux');
});

test('a program that hangs is ended when the call is cancelled', async () => {
  const path = join(folder, 'hangs');
  await writeFile(path, '#!/bin/sh\nexec sleep 600\n');
  await chmod(path, 0o700);
  const controller = new AbortController();
  const reason = new Error('enough');
  const running = failure(fallocate(path)('/nowhere', 1n, controller.signal));
  controller.abort(reason);
  expect(await running).toBe(reason);
});
