import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { mergeFlags, missingFlags } from './vfs-flags.ts';

const pairs = [
  ['rw', 'ro'],
  ['suid', 'nosuid'],
  ['dev', 'nodev'],
  ['exec', 'noexec'],
] as const;
const flag = fc.constantFrom(...pairs.flat());

describe('the flags of a mount', () => {
  test('keep what the mount has, unless something else is asked for', () => {
    expect(mergeFlags(['rw', 'nosuid', 'relatime'], ['ro', 'noexec'])).toEqual([
      'ro',
      'nosuid',
      'relatime',
      'noexec',
    ]);
    expect(mergeFlags(['rw', 'nosuid'], ['suid', 'noatime'])).toEqual(['rw', 'suid', 'noatime']);
  });

  test('leave out what belongs to the file system', () => {
    expect(mergeFlags(['rw'], ['data=ordered', 'discard', 'nouuid'])).toEqual(['rw']);
  });

  test('never contradict themselves, and the last word counts', () => {
    fc.assert(
      fc.property(fc.array(flag), fc.array(flag), (has, asked) => {
        const flags = mergeFlags(has, asked);
        for (const pair of pairs) {
          const expected = [...has, ...asked].findLast((option) => pair.some((one) => one === option));
          expect(flags.filter((option) => pair.some((one) => one === option))).toEqual(
            expected ? [expected] : [],
          );
        }
      }),
    );
  });

  test('are missing only where the kernel would show them', () => {
    expect(missingFlags(['ro', 'exec', 'suid', 'nodev', 'relatime'], ['rw', 'nodev'])).toEqual(['ro']);
  });
});
