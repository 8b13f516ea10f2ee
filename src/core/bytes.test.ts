import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { formatBytes, GiB, KiB, MiB, parseBytes, roundUp, TiB } from './bytes.ts';

const sizes = fc.bigInt({ min: 0n, max: 2n ** 62n });

test('what is formatted is read back exactly', () => {
  fc.assert(fc.property(sizes, (bytes) => expect(parseBytes(formatBytes(bytes))).toBe(bytes)));
  const multiples = fc.tuple(fc.bigInt({ min: 1n, max: 2000n }), fc.constantFrom(1n, KiB, MiB, GiB, TiB));
  fc.assert(fc.property(multiples, ([n, unit]) => expect(parseBytes(formatBytes(n * unit))).toBe(n * unit)));
});

test('sizes are formatted in the largest unit that divides them', () => {
  expect([0n, 1000001n, KiB, 5n * GiB, 1536n * MiB, 1024n * GiB].map(formatBytes)).toEqual([
    '0 bytes',
    '1000001 bytes',
    '1 KiB',
    '5 GiB',
    '1536 MiB',
    '1 TiB',
  ]);
});

test('sizes are read with and without a space and a unit', () => {
  expect(['10GiB', '512 MiB', ' 7 ', '3B', '2 TiB'].map(parseBytes)).toEqual([
    10n * GiB,
    512n * MiB,
    7n,
    3n,
    2n * TiB,
  ]);
});

test('what is no size is not read', () => {
  for (const text of ['', 'GiB', '-1', '1.5GiB', '1 GB', '1gib', '1GiB2', '0x10', '1e3', '9'.repeat(20)]) {
    expect(parseBytes(text)).toBeUndefined();
  }
});

test('rounding up gives the nearest multiple that is not smaller', () => {
  const granularities = fc.bigInt({ min: 1n, max: 2n ** 40n });
  fc.assert(
    fc.property(sizes, granularities, (bytes, granularity) => {
      const rounded = roundUp(bytes, granularity);
      expect(rounded % granularity).toBe(0n);
      expect(rounded).toBeGreaterThanOrEqual(bytes);
      expect(rounded - bytes).toBeLessThan(granularity);
    }),
  );
});
