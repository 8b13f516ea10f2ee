import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { byteLength, groupDigits, parseFileSize, roundedSize } from './sizes.ts';

const bytes = fc.bigInt({ min: 0n, max: (1n << 63n) - 1n });

test('digits are grouped by three, and grouping adds nothing but spaces', () => {
  expect(groupDigits(1_099_511_627_776n)).toBe('1 099 511 627 776');
  expect(groupDigits(512n)).toBe('512');
  fc.assert(
    fc.property(bytes, (value) => {
      const text = groupDigits(value);
      expect(text).toMatch(/^\d{1,3}( \d{3})*$/);
      expect(BigInt(text.replaceAll(' ', ''))).toBe(value);
    }),
  );
});

test('sizes are rounded to a decimal, in the units that published output has', () => {
  // 3whiskeywhiskey/rds-csi, singlecheeze/ocp-cheat-sheet; the manual's pages «Files» and «Resource».
  expect(roundedSize(50n << 30n)).toBe('50.0GiB');
  expect(roundedSize(1n << 40n)).toBe('1024.0GiB');
  expect(roundedSize(1n << 30n)).toBe('1024.0MiB');
  expect(roundedSize(4n << 30n)).toBe('4096.0MiB');
  expect(roundedSize(16n << 30n)).toBe('16.0GiB');
  expect(roundedSize((19_241n << 10n) / 10n)).toBe('1924.1KiB');
  expect(roundedSize(23n)).toBe('23');
});

test('a rounded size is within a twentieth of its unit', () => {
  fc.assert(
    fc.property(bytes, (value) => {
      const [, whole = '', tenth = '0', unit = ''] =
        /^(\d+)(?:\.(\d))?([KMGT]?)/.exec(roundedSize(value)) ?? [];
      const size = parseFileSize(`1${unit}`) ?? 1n;
      const read = BigInt(whole) * size + (BigInt(tenth) * size) / 10n;
      const distance = read > value ? read - value : value - read;
      expect(distance <= size / 20n + 1n).toBe(true);
    }),
  );
});

test('a file size is bytes or has a binary suffix', () => {
  expect(parseFileSize('1048576')).toBe(1_048_576n);
  expect(parseFileSize('50G')).toBe(50n << 30n);
  expect(parseFileSize('1TiB')).toBe(1n << 40n);
  for (const text of ['', '1.5G', '-1', '1X', '1 G', 'G']) expect(parseFileSize(text)).toBeUndefined();
  fc.assert(fc.property(bytes, (value) => expect(parseFileSize(value.toString())).toBe(value)));
});

test('bytes of a text count its UTF-8, and a stray byte as one', () => {
  expect(byteLength('aé€😀')).toBe(10);
  expect(byteLength('a\udc80\udcffb')).toBe(4);
});
