import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBlockDevice, readExactly } from './device-reader.ts';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rose-csi-reader-'));
  path = join(folder, 'disk');
  writeFileSync(path, 'abcdefghij');
});
afterAll(() => rmSync(folder, { recursive: true }));

const signal = AbortSignal.timeout(60_000);
const read = (sizeBytes: bigint, offset: bigint, length: number, path_ = path) =>
  readBlockDevice({ path: path_, sizeBytes }, signal, async (reader) =>
    new TextDecoder().decode(await readExactly(reader, offset, length, signal)),
  );

describe('reading a device', () => {
  test('gives exactly the bytes asked for', async () => {
    expect(await read(10n, 3n, 4)).toBe('defg');
    expect(await read(10n, 0n, 10)).toBe('abcdefghij');
  });

  test.each([
    [8n, 3],
    [10n, 1],
    [-1n, 2],
  ])('refuses what is not wholly on the device: offset %p, %p bytes', async (offset, length) => {
    await expect(read(10n, offset, length)).rejects.toMatchObject({ kind: 'precondition' });
  });

  test('a device shorter than the kernel said is an error', async () => {
    await expect(read(20n, 5n, 10)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('5 bytes came instead of 10'),
    });
  });

  test('a device that cannot be opened is an error that names it', async () => {
    await expect(read(10n, 0n, 1, join(folder, 'none'))).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('none cannot be opened: ENOENT'),
    });
  });

  test('an aborted call opens nothing', async () => {
    const reason = new Error('too late');
    const opened = readBlockDevice({ path, sizeBytes: 10n }, AbortSignal.abort(reason), async () => 'used');
    await expect(opened).rejects.toBe(reason);
  });

  test('a call that is aborted while it reads gets its reason, and the device is closed', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    const used = readBlockDevice({ path, sizeBytes: 10n }, abort.signal, async (reader) => {
      const reading = readExactly(reader, 0n, 10, abort.signal);
      abort.abort(reason);
      return reading;
    });
    await expect(used).rejects.toBe(reason);
  });
});
