import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { mountFlags } from './mount-flags.ts';

const faults = (flags: string[]): string[] =>
  mountFlags.safeParse(flags).error?.issues.map(({ message }) => message) ?? [];

describe('mountFlags', () => {
  test.each([
    'noatime',
    'ro',
    'rw',
    'discard',
    'data=ordered',
    'compress=zstd:3',
    'nosuid',
    'errors=remount-ro',
  ])('allows %s', (flag) => expect(faults([flag])).toEqual([]));

  test.each(['remount', 'bind', 'rbind', 'move', 'loop', 'loop=/dev/loop0', 'REMOUNT', 'subvol=other'])(
    'refuses %s, which changes what is mounted',
    (flag) => expect(faults([flag])).toEqual([expect.stringContaining('changes what is mounted')]),
  );

  test.each([
    'shared',
    'rprivate',
    'device=/dev/sda',
    'norecovery',
    'nobarrier',
    'barrier=0',
    'errors=continue',
    'x-mount.mkdir',
  ])('refuses %s', (flag) => expect(faults([flag])).toEqual([expect.stringContaining('is refused: it ')]));

  test.each(['', 'noatime,remount', 'a b', '-o', '--bind', 'a\n', 'a\0', '$(id)', 'a;b', 'ö', '"'])(
    'refuses %p',
    (flag) => expect(faults([flag])).toEqual(['is not a single mount option']),
  );

  test('4 KiB in all are allowed', () => {
    expect(faults(Array.from({ length: 512 }, () => 'x'.repeat(8)))).toEqual([]);
    expect(faults(Array.from({ length: 513 }, () => 'x'.repeat(8)))).toEqual([
      'has 4104 bytes, more than 4096',
    ]);
  });

  test('flags that are allowed are as many options as they are entries', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (flags) => {
        if (faults(flags).length === 0 && flags.length > 0) {
          expect(flags.join(',').split(',')).toEqual(flags);
        }
      }),
    );
  });
});
