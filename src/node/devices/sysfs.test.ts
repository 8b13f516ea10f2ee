import { afterAll, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAttribute, readNames, readTarget } from './sysfs.ts';

const folder = mkdtempSync(join(tmpdir(), 'rose-csi-sysfs-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'file'), ' a path \n\n');
mkdirSync(join(folder, 'names'));
for (const name of ['b', 'a']) writeFileSync(join(folder, 'names', name), '');
symlinkSync('../target', join(folder, 'link'));

describe('sysfs', () => {
  test('gives attributes without their final newline, names in order, and targets', async () => {
    expect(await readAttribute(join(folder, 'file'))).toBe(' a path \n');
    expect(await readNames(join(folder, 'names'))).toEqual(['a', 'b']);
    expect(await readTarget(join(folder, 'link'))).toBe('../target');
  });

  test('gives undefined for what is not there', async () => {
    expect(await readAttribute(join(folder, 'absent'))).toBeUndefined();
    expect(await readAttribute(join(folder, 'file', 'below'))).toBeUndefined();
    expect(await readNames(join(folder, 'absent'))).toBeUndefined();
    expect(await readTarget(join(folder, 'absent'))).toBeUndefined();
  });

  test('never takes a failed read for absence', async () => {
    await expect(readAttribute(folder)).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(readTarget(join(folder, 'file'))).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
