import { describe, expect, test } from 'bun:test';
import { ConsolePath } from './console-path.ts';

const MENUS = ['/disk', '/disk/btrfs', '/disk/btrfs/subvolume', '/system'];

function entered(...lines: string[]) {
  const path = new ConsolePath((menu) => MENUS.includes(menu));
  const read = lines.map((line) => path.read(line));
  return { path: path.path, last: read.at(-1) };
}

describe('the menu at the prompt', () => {
  test('is entered by its path, from the top or from where one stands', () => {
    expect(entered('/disk').path).toBe('/disk');
    expect(entered('disk').path).toBe('/disk');
    expect(entered('/disk', 'btrfs').path).toBe('/disk/btrfs');
    expect(entered('/disk/btrfs subvolume').path).toBe('/disk/btrfs/subvolume');
    expect(entered('/disk', '/system').path).toBe('/system');
  });

  test('is left by .. and by /', () => {
    expect(entered('/disk/btrfs', '..').path).toBe('/disk');
    expect(entered('/disk/btrfs', '/').path).toBe('');
    expect(entered('..').path).toBe('');
  });

  test('stands before a command that is not absolute', () => {
    expect(entered('/disk', 'print where slot="x"').last).toEqual({
      kind: 'run',
      text: '/disk/print where slot="x"',
    });
    expect(entered('/disk', ':put 1').last).toEqual({ kind: 'run', text: ':put 1' });
    expect(entered('/disk', '/file print').last).toEqual({ kind: 'run', text: '/file print' });
    expect(entered('print').last).toEqual({ kind: 'run', text: 'print' });
  });

  test('is left for good by quit', () => {
    expect(entered('/disk', 'quit').last).toEqual({ kind: 'quit' });
    expect(entered('/quit').last).toEqual({ kind: 'quit' });
    expect(entered('  ').last).toEqual({ kind: 'nothing' });
  });
});
