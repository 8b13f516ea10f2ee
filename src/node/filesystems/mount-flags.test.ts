import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { unsupportedMountFlag } from './mount-flags.ts';

describe('mount flags of a volume capability', () => {
  test('options of file systems and mounts pass', () => {
    expect(
      unsupportedMountFlag(['noatime', 'discard', 'data=ordered', 'logbsize=32k', 'nosuid']),
    ).toBeUndefined();
    expect(unsupportedMountFlag([])).toBeUndefined();
  });

  test.each([
    'remount',
    'bind',
    'loop',
    'offset=4096',
    'ro',
    'rw',
    'norecovery',
    'x-systemd.automount',
    'X-mount.mkdir',
  ])('the driver decides itself about %p', (flag) =>
    expect(unsupportedMountFlag(['noatime', flag])).toContain(`'${flag.split('=')[0]?.toLowerCase()}'`),
  );

  test('nothing that mount(8) would take apart gets through', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(',', ' ', '\n', '"', '\\', '\0'), fc.string(), (a, cut, b) => {
        expect(unsupportedMountFlag([`${a}${cut}${b}`])).toContain('not one option');
      }),
    );
  });

  test('an empty or endless flag is none', () => {
    expect(unsupportedMountFlag([''])).toContain('not one option');
    expect(unsupportedMountFlag(['a'.repeat(129)])).toContain('not one option');
  });
});
