import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { MiB } from '../../core/bytes.ts';
import type { DeviceReader } from '../devices/device-reader.ts';
import { btrfs } from './btrfs.ts';
import { ext4 } from './ext4.ts';
import type { Filesystem } from './filesystem.ts';
import { xfs } from './xfs.ts';

const signal = AbortSignal.timeout(60_000);
const DISK_BYTES = Number(MiB);

function disk(write: (view: DataView, bytes: Uint8Array) => void): DeviceReader {
  const bytes = new Uint8Array(DISK_BYTES);
  write(new DataView(bytes.buffer), bytes);
  return {
    path: '/dev/test',
    sizeBytes: MiB,
    read: async (offset, length) => bytes.slice(Number(offset), Number(offset) + length),
  };
}

const superblock = (filesystem: Filesystem, write: (view: DataView, bytes: Uint8Array) => void) =>
  filesystem.superblock(disk(write), signal);
const put = (bytes: Uint8Array, at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);

interface Ext4Fields {
  readonly blocks: bigint;
  readonly logBlock: number;
  readonly state: number;
  readonly incompatible: number;
}

const writeExt4 = (fields: Ext4Fields) => (view: DataView) => {
  const at = 1024;
  view.setUint16(at + 0x38, 0xef53, true);
  view.setUint32(at + 0x04, Number(fields.blocks & 0xffffffffn), true);
  view.setUint32(at + 0x150, Number(fields.blocks >> 32n), true);
  view.setUint32(at + 0x18, fields.logBlock, true);
  view.setUint16(at + 0x3a, fields.state, true);
  view.setUint32(at + 0x60, fields.incompatible, true);
};

describe('the ext4 superblock', () => {
  const clean = { blocks: 100n, logBlock: 2, state: 1, incompatible: 0 };

  test('gives the size, of 32 and of 64 bits', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.bigInt(0n, (1n << 48n) - 1n),
        fc.integer({ min: 0, max: 6 }),
        fc.boolean(),
        async (blocks, logBlock, wide) => {
          const fields = { ...clean, blocks, logBlock, incompatible: wide ? 0x80 : 0 };
          const { sizeBytes } = await superblock(ext4, writeExt4(fields));
          expect(sizeBytes).toBe((wide ? blocks : blocks & 0xffffffffn) * (1024n << BigInt(logBlock)));
        },
      ),
    );
  });

  test.each([
    ['clean', 1, 0, false, false],
    ['with a journal to replay', 1, 0x4, true, false],
    ['not unmounted', 0, 0, true, false],
    ['with errors', 3, 0, false, true],
  ])('tells one that is %s', async (_what, state, incompatible, needsRecovery, hasErrors) => {
    expect(await superblock(ext4, writeExt4({ ...clean, state, incompatible }))).toMatchObject({
      needsRecovery,
      hasErrors,
    });
  });
});

describe('the xfs superblock', () => {
  test('gives the size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.bigInt(0n, (1n << 52n) - 1n),
        fc.constantFrom(512, 4096, 65536),
        async (blocks, blockBytes) => {
          const { sizeBytes } = await superblock(xfs, (view, bytes) => {
            put(bytes, 0, 'XFSB');
            view.setUint32(4, blockBytes);
            view.setBigUint64(8, blocks);
          });
          expect(sizeBytes).toBe(blocks * BigInt(blockBytes));
        },
      ),
    );
  });
});

describe('the btrfs superblock', () => {
  test.each([
    [0n, false],
    [30_408_704n, true],
  ])(
    'gives the size of this device, and with a log root of %p: needs recovery %p',
    async (logRoot, needed) => {
      const found = await superblock(btrfs, (view, bytes) => {
        put(bytes, 65536 + 0x40, '_BHRfS_M');
        view.setBigUint64(65536 + 0x60, logRoot, true);
        view.setBigUint64(65536 + 0xd1, 268_435_456n, true);
      });
      expect(found).toEqual({ sizeBytes: 268_435_456n, needsRecovery: needed });
    },
  );
});

describe.each([ext4, xfs, btrfs])('$type', (filesystem) => {
  test('is not found on a device of zeros, and not on a device that is too small', async () => {
    await expect(superblock(filesystem, () => undefined)).rejects.toMatchObject({ kind: 'precondition' });
    const tiny: DeviceReader = { ...disk(() => undefined), sizeBytes: 256n };
    await expect(filesystem.superblock(tiny, signal)).rejects.toMatchObject({ kind: 'precondition' });
  });

  test('is made on the device alone, without discard, and without force unless that is allowed', () => {
    const argv = filesystem.mkfs('/dev/loop9', false);
    expect(argv[0]).toBe(`mkfs.${filesystem.type}`);
    expect(argv.at(-1)).toBe('/dev/loop9');
    expect(argv.join(' ')).toMatch(/nodiscard|-K/);
    expect(argv).not.toContain('-f');
    expect(argv).not.toContain('-F');
    expect(filesystem.mkfs('/dev/loop9', true)).not.toContain('-F');
  });

  test('grows by one command that names the device or its mount', () => {
    expect(filesystem.grow('/dev/loop9', '/staging').at(-1)).toMatch(/^\/dev\/loop9$|^\/staging$/);
  });
});

test('xfs is mounted beside its clones, ext4 stops at errors, and readers replay no log', () => {
  expect(xfs.mountOptions(false)).toEqual(['nouuid']);
  expect(xfs.mountOptions(true)).toEqual(['nouuid']);
  expect(ext4.mountOptions(false)).toEqual(['errors=remount-ro']);
  expect(ext4.mountOptions(true)).toEqual(['noload']);
  expect(btrfs.mountOptions(true)).toEqual(['rescue=nologreplay']);
  expect(btrfs.mountOptions(false)).toEqual([]);
});

test('only xfs and btrfs, which refuse what they find, are forced to format again', () => {
  expect(xfs.mkfs('/dev/loop9', true)).toContain('-f');
  expect(btrfs.mkfs('/dev/loop9', true)).toContain('-f');
  expect(ext4.mkfs('/dev/loop9', true)).toEqual(ext4.mkfs('/dev/loop9', false));
});
