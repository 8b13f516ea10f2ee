import { afterAll, describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, truncateSync, writeSync } from 'node:fs';
import { firstNonZero } from '../../src/node/devices/blank-check.ts';
import { readBlockDevice } from '../../src/node/devices/device-reader.ts';
import { probeSignature } from '../../src/node/devices/signatures.ts';
import { Host } from './support/host.ts';
import { realNode, within } from './support/node.ts';
import { requirePrograms } from './support/requirements.ts';
import { sh } from './support/shell.ts';
import { mountsAt, NodeRig, type TestVolume } from './support/volumes.ts';

requirePrograms({ 'mkfs.ext4': 'e2fsprogs', 'mkfs.xfs': 'xfsprogs', 'mkfs.btrfs': 'btrfs-progs' });
const host = new Host();
afterAll(() => host.close());
const rig = new NodeRig(host);
const MiB = 1 << 20;
const SIZE = 512 * MiB;

function overwrite(image: string, offset: number, bytes: Uint8Array): void {
  const file = openSync(image, 'r+');
  try {
    writeSync(file, bytes, 0, bytes.byteLength, offset);
  } finally {
    closeSync(file);
  }
}

/** lvm2, lib/format_text/layout.h: a label in the second sector, with LVM's own CRC-32 over what follows it. */
function lvmLabel(): Uint8Array {
  const sector = Buffer.alloc(512);
  sector.write('LABELONE', 0);
  sector.writeBigUInt64LE(1n, 8);
  sector.writeUInt32LE(32, 20);
  sector.write('LVM2 001', 24);
  sector.write('A'.repeat(32), 32);
  let crc = 0xf597a6cf;
  for (const byte of sector.subarray(20)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  sector.writeUInt32LE(crc >>> 0, 16);
  return sector;
}

/** Staging must refuse, and must not have written: the image holds as many bytes on disk as before. */
async function refused(volume: TestVolume, kind: string, text: RegExp): Promise<void> {
  await expect(volume.stage()).rejects.toMatchObject({ kind, message: expect.stringMatching(text) });
  expect(await mountsAt(volume.staging)).toEqual([]);
  expect(await rig.deps.intents.has(volume.target.nqn)).toBe(false);
  await volume.unstage();
}

const newVolume = () => rig.newVolume(BigInt(SIZE));

describe('only what is proven blank is formatted:', () => {
  test('a new sparse image is blank', async () => {
    const device = host.newLoop(SIZE);
    const check = readBlockDevice(
      { path: device, sizeBytes: BigInt(SIZE) },
      within(10_000).signal,
      (reader) => firstNonZero(reader, within(10_000).signal),
    );
    expect(await check).toBeUndefined();
    expect(await probeSignature(device, realNode().runner, within(10_000))).toBeUndefined();
  });

  test('not a single byte in its last MiB', async () => {
    const volume = newVolume();
    overwrite(volume.image, SIZE - 4097, new Uint8Array([1]));
    await refused(volume, 'precondition', new RegExp(`offset ${SIZE - 4097};`));
  });

  test('not content that no program knows', async () => {
    const volume = newVolume();
    overwrite(volume.image, 0, randomBytes(64 * 1024));
    await refused(volume, 'precondition', /not blank .* offset \d+;/);
  });

  test('not an LVM physical volume', async () => {
    const volume = newVolume();
    overwrite(volume.image, 512, lvmLabel());
    await refused(volume, 'precondition', /carries LVM2_member, wanted is ext4/);
  });

  test('not another file system than the wanted one', async () => {
    const volume = newVolume();
    sh('mkfs.xfs', '-q', volume.image);
    await refused(volume, 'precondition', /carries xfs, wanted is ext4/);
    expect(sh('blkid', '-p', '-o', 'value', '-s', 'TYPE', volume.image)).toBe('xfs');
  });

  test.each([
    ['ext4', ['mkfs.ext4', '-q', '-b', '4096']],
    ['ext4 with 1 KiB blocks', ['mkfs.ext4', '-q', '-b', '1024']],
    ['xfs', ['mkfs.xfs', '-q']],
    ['btrfs', ['mkfs.btrfs', '-q']],
  ])('not an %s whose first MiB was lost', async (_type, [program = '', ...args]) => {
    const volume = newVolume();
    sh(program, ...args, volume.image);
    overwrite(volume.image, 0, new Uint8Array(MiB));
    await refused(volume, 'precondition', /not blank/);
  });

  test('not a device whose reads fail', async () => {
    const volume = newVolume();
    const transport = rig.deps.transports.get('loop');
    await transport?.attach(volume.target, within(10_000));
    truncateSync(volume.image, 100 * MiB);
    // blkid finds nothing there and says so as if all were well: only the reads tell.
    await refused(volume, 'unavailable', /cannot be read at offset \d+/);
  });

  test('not a volume that was restored, however blank it looks', async () => {
    await refused(rig.restored(newVolume()), 'precondition', /restored or cloned/);
  });
});
