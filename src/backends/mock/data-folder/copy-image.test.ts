import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { copySparse, reflink } from './copy-image.ts';

const calm = new AbortController().signal;
const MiB = 1024 * 1024;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rose-csi-copy-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function sparse(path: string, size: number, pieces: readonly [number, Uint8Array][]): Promise<void> {
  const file = await open(path, 'w');
  await file.truncate(size);
  for (const [at, data] of pieces) await file.write(data, 0, data.length, at);
  await file.close();
}

test('a copy has the same bytes and length, also over an older file', async () => {
  const [from, to] = [join(folder, 'from'), join(folder, 'to')];
  const pieces = fc.array(fc.tuple(fc.nat(3 * MiB), fc.uint8Array({ maxLength: 100 })), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.nat(4 * MiB), pieces, async (size, data) => {
      await sparse(from, size, data);
      await copySparse(from, to, calm);
      expect((await readFile(from)).equals(await readFile(to))).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test('holes stay holes', async () => {
  const [from, to] = [join(folder, 'holes'), join(folder, 'holes-copy')];
  await sparse(from, 64 * MiB, [[33 * MiB, new Uint8Array([1])]]);
  await copySparse(from, to, calm);
  const { size, blocks } = await stat(to);
  expect(size).toBe(64 * MiB);
  expect(blocks * 512).toBeLessThanOrEqual(2 * MiB);
});

test('a copy that is cancelled stops with the reason', async () => {
  const from = join(folder, 'cancelled');
  await writeFile(from, 'data');
  const reason = new Error('enough');
  const copied = copySparse(from, join(folder, 'cancelled-copy'), AbortSignal.abort(reason));
  expect(await copied.catch((error: unknown) => error)).toBe(reason);
});

test('a file that is missing is an error for either way of copying', async () => {
  const [from, to] = [join(folder, 'missing'), join(folder, 'never')];
  // One after the other: a refusal that nobody listens to yet is an error of its own.
  for (const copy of [() => copySparse(from, to, calm), () => reflink(from, to)]) {
    expect(await copy().catch((error: unknown) => error)).toMatchObject({ code: 'ENOENT' });
  }
});

test('sharing blocks gives the same bytes, or says that it cannot be had here', async () => {
  const [from, to] = [join(folder, 'linked'), join(folder, 'linked-copy')];
  await writeFile(from, 'data');
  if (await reflink(from, to)) expect(await readFile(to, 'utf8')).toBe('data');
  else expect(await readFile(from, 'utf8')).toBe('data');
});
