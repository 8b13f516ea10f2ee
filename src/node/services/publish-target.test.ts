import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeTarget, removeTarget } from './publish-target.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rose-csi-target-'));
  path = join(folder, 'a', 'b', 'target');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a target path', () => {
  test.each(['folder', 'file'] as const)('is made as a %s, with its folders, and removed', async (kind) => {
    expect(await makeTarget(path, kind)).toBe(true);
    expect(await makeTarget(path, kind)).toBe(false);
    expect(lstatSync(path).isDirectory()).toBe(kind === 'folder');
    await removeTarget(path);
    await removeTarget(path);
    expect(existsSync(path)).toBe(false);
  });

  test('that is something else already is refused', async () => {
    await makeTarget(path, 'file');
    await expect(makeTarget(path, 'folder')).rejects.toMatchObject({ kind: 'precondition' });
    const link = join(folder, 'link');
    symlinkSync(path, link);
    await expect(makeTarget(link, 'file')).rejects.toMatchObject({ kind: 'precondition' });
    await expect(removeTarget(link)).rejects.toMatchObject({ kind: 'precondition' });
    expect(existsSync(path)).toBe(true);
  });

  test('with content is not removed', async () => {
    mkdirSync(join(path, 'x'), { recursive: true });
    await expect(removeTarget(path)).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining('ENOTEMPTY'),
    });
    const file = join(folder, 'file');
    writeFileSync(file, 'data');
    await expect(removeTarget(file)).rejects.toMatchObject({ kind: 'precondition' });
    expect(existsSync(file)).toBe(true);
  });

  test('below a file cannot be made', async () => {
    writeFileSync(join(folder, 'a'), '');
    await expect(makeTarget(path, 'folder')).rejects.toMatchObject({
      message: expect.stringContaining(path),
    });
  });
});
