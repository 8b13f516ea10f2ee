import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { GiB, KiB, MiB, TiB } from '../../core/bytes.ts';
import { placesToCheck } from './blank-check-places.ts';

const size = fc.bigInt(0n, 64n * TiB).map((bytes) => bytes - (bytes % 512n));
const covers = (sizeBytes: bigint, offset: bigint): boolean =>
  placesToCheck(sizeBytes).some((place) => offset >= place.offset && offset < place.offset + place.length);

describe('the places to check', () => {
  test('ascend, do not overlap, and never reach beyond the device', () => {
    fc.assert(
      fc.property(size, (sizeBytes) => {
        let end = -1n;
        for (const place of placesToCheck(sizeBytes)) {
          expect(place.length).toBeGreaterThan(0n);
          expect(place.offset).toBeGreaterThan(end);
          end = place.offset + place.length;
        }
        expect(end).toBeLessThanOrEqual(sizeBytes);
      }),
    );
  });

  test('cover the first and the last MiB of any device', () => {
    fc.assert(
      fc.property(
        size.filter((bytes) => bytes > 0n),
        fc.bigInt(0n, MiB - 1n),
        (sizeBytes, at) => {
          const within = at < sizeBytes ? at : sizeBytes - 1n;
          expect(covers(sizeBytes, within)).toBe(true);
          expect(covers(sizeBytes, sizeBytes - 1n - within)).toBe(true);
        },
      ),
    );
  });

  test('spread: no gap is longer than two 64ths of the device', () => {
    fc.assert(
      fc.property(size, (sizeBytes) => {
        let end = 0n;
        for (const place of placesToCheck(sizeBytes)) {
          expect(place.offset - end).toBeLessThanOrEqual(sizeBytes / 32n + 128n * KiB);
          end = place.offset + place.length;
        }
      }),
    );
  });

  test.each([
    ['ext4 with 1 KiB blocks, group 1', 8n * MiB + KiB],
    ['ext4 with 1 KiB blocks, group 3', 24n * MiB + KiB],
    ['ext4 with 2 KiB blocks, group 1', 32n * MiB],
    ['ext4 with 4 KiB blocks, group 1', 128n * MiB],
    ['ext4 with 4 KiB blocks, group 49', 49n * 128n * MiB],
    ['ext4 with 4 KiB blocks, group 125', 125n * 128n * MiB],
    ['btrfs, second copy', 64n * MiB],
    ['btrfs, third copy', 256n * GiB],
    ['xfs, second of four groups', 75n * GiB],
    ['xfs, last of 32 groups', 300n * GiB - (300n * GiB) / 32n],
  ])('of 300 GiB hold the backup superblock of %s', (_what, offset) => {
    expect(covers(300n * GiB, offset)).toBe(true);
  });

  test('round the groups of xfs up to whole blocks', () => {
    const blocks = 100_003n;
    const groupBytes = ((blocks + 3n) / 4n) * 4n * KiB;
    for (const group of [1n, 2n, 3n]) expect(covers(blocks * 4n * KiB, group * groupBytes)).toBe(true);
  });

  test('hold the groups of 1 TiB that xfs makes on large devices', () => {
    for (const group of [1n, 6n, 9n]) expect(covers(10n * TiB, group * TiB)).toBe(true);
  });
});
