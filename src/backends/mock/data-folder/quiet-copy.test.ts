import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copiedAtOneMoment } from './quiet-copy.ts';

const calm = new AbortController().signal;
let folder = '';
let clock = 1_600_000_000;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rose-csi-quiet-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function source(name: string): Promise<{ path: string; sizeBytes: bigint }> {
  const path = join(folder, name);
  await writeFile(path, name);
  return { path, sizeBytes: 0n };
}

/** A write, as far as modification times tell. */
const touch = (path: string): Promise<void> => {
  clock += 1;
  return utimes(path, clock, clock);
};

test('files that nobody writes to are copied once each, in order', async () => {
  const sources = [await source('a'), await source('b')];
  const copied: [string, number][] = [];
  await copiedAtOneMoment(sources, calm, async ({ path }, at) => void copied.push([path, at]));
  expect(copied).toEqual(sources.map(({ path }, at) => [path, at]));
});

test('a write to a file that was copied already makes all of them be copied again', async () => {
  const sources = [await source('c'), await source('d')];
  let copies = 0;
  await copiedAtOneMoment(sources, calm, async () => {
    copies += 1;
    if (copies === 2) await touch(sources[0]?.path ?? '');
  });
  expect(copies).toBe(4);
});

test('files that are written to all the time are not copied, and are named', async () => {
  const written = await source('e');
  const copied = copiedAtOneMoment([written], calm, ({ path }) => touch(path));
  const error = await copied.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ kind: 'unavailable' });
  expect(String(error)).toContain(written.path);
});

test('a cancelled copy stops before the next file', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  let copies = 0;
  const copied = copiedAtOneMoment([await source('f'), await source('g')], controller.signal, async () => {
    copies += 1;
    controller.abort(reason);
  });
  expect(await copied.catch((thrown: unknown) => thrown)).toBe(reason);
  expect(copies).toBe(1);
});

test('that a file is missing is for the copy to say', async () => {
  const missing = { path: join(folder, 'missing'), sizeBytes: 0n };
  let copies = 0;
  await copiedAtOneMoment([missing], calm, async () => {
    copies += 1;
  });
  expect(copies).toBe(1);
});
