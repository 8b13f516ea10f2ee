import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeviceWriters } from './device-writers.ts';

let proc: string;
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'rose-csi-writers-'));
});
afterEach(() => rmSync(proc, { recursive: true }));

function opened(pid: number, file: number, target: string, flags: string): void {
  for (const folder of ['fd', 'fdinfo']) mkdirSync(join(proc, String(pid), folder), { recursive: true });
  symlinkSync(target, join(proc, String(pid), 'fd', String(file)));
  writeFileSync(join(proc, String(pid), 'fdinfo', String(file)), `pos:\t0\nflags:\t${flags}\nmnt_id:\t25\n`);
}
const writers = () => new DeviceWriters(proc).of(['/dev/loop3', '/dev/mapper/volume']);

describe('the writers of a device', () => {
  test('are those that have it open for writing, under whatever folder', async () => {
    opened(12, 3, '/dev/loop3', '02100002');
    opened(7, 0, '/dev/null', '0100002');
    opened(9, 3, '/dev/mapper/volume', '0100002');
    opened(7, 4, '/host/dev/loop3 (deleted)', '0100001');
    expect(await writers()).toEqual([7, 9, 12]);
  });

  test('are not those that read it, nor those of another device', async () => {
    opened(12, 3, '/dev/loop3', '0100000');
    opened(13, 3, '/dev/loop33', '0100002');
    opened(14, 3, 'socket:[42]', '02');
    expect(await writers()).toEqual([]);
  });

  test('are looked for past a process that ends meanwhile', async () => {
    mkdirSync(join(proc, '11'));
    opened(12, 3, '/dev/loop3', '0100002');
    mkdirSync(join(proc, 'sys'));
    rmSync(join(proc, '12', 'fdinfo', '3'));
    opened(13, 3, '/dev/loop3', '0100002');
    expect(await writers()).toEqual([13]);
  });

  test('cannot be told where /proc cannot be read', async () => {
    writeFileSync(join(proc, '9'), '');
    expect(writers()).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
