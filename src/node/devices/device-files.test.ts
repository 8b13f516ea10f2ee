import { afterAll, describe, expect, test } from 'bun:test';
import { linkSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { deviceNumber, SystemDeviceFiles } from './device-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'rose-csi-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const files = new SystemDeviceFiles();

describe('the files of this machine', () => {
  test('are the same under all their names', async () => {
    const [file, link, other] = ['file', 'link', 'other'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(file, '');
    writeFileSync(other, '');
    linkSync(file, link);
    const identity = await files.identify(file);
    expect(identity).toMatchObject({ kind: 'regular', inode: expect.stringMatching(/^\d+:\d+:\d+$/) });
    expect(await files.identify(link)).toEqual(identity);
    expect((await files.identify(other)).inode).not.toBe(identity.inode);
  });

  test('carry the number of their device', async () => {
    expect(await files.identify('/dev/null')).toMatchObject({ kind: 'other', number: '1:3' });
  });

  test('are not found where nothing is, and a failed look is no absence', async () => {
    const absent = join(folder, 'absent');
    await expect(files.identify(absent)).rejects.toMatchObject({ kind: 'not-found' });
    await expect(files.isHeldExclusively(absent)).rejects.toMatchObject({ kind: 'not-found' });
    symlinkSync('loop', join(folder, 'loop'));
    await expect(files.identify(join(folder, 'loop'))).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('are not held where nobody holds them', async () => {
    expect(await files.isHeldExclusively('/dev/null')).toBe(false);
  });
});

/** gnu_dev_makedev of glibc. */
const makedev = (major: bigint, minor: bigint): bigint =>
  ((major & 0xfffn) << 8n) |
  ((major & 0xfffff000n) << 32n) |
  (minor & 0xffn) |
  ((minor & 0xffffff00n) << 12n);

test('a dev_t is taken apart as it was put together', () => {
  const part = fc.bigInt({ min: 0n, max: 0xffffffffn });
  fc.assert(
    fc.property(part, part, (major, minor) => {
      expect(deviceNumber(makedev(major, minor))).toBe(`${major}:${minor}`);
    }),
  );
});
