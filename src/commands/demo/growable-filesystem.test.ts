import { describe, expect, test } from 'bun:test';
import { growableFilesystem, mayGrowExt4 } from './growable-filesystem.ts';

describe('the file system of the demo', () => {
  test('is ext4 where the kernel lets us grow it', () => {
    expect(mayGrowExt4('Name:\tbun\nCapEff:\t000001ffffffffff\n')).toBe(true);
  });

  test('is another where CAP_SYS_RESOURCE is missing', () => {
    expect(mayGrowExt4('CapEff:\t000001fffeffffff\n')).toBe(false);
    expect(mayGrowExt4('CapEff:\t0000000000000000\n')).toBe(false);
  });

  test('is ext4 where there is no such file', async () => {
    expect(await growableFilesystem('/nonexistent')).toBe('ext4');
  });
});
