import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KernelLog } from './kernel-log.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rose-csi-kmsg-'));
  path = join(folder, 'kmsg');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the last line with the text is found, without its prefix and its tags', () => {
  writeFileSync(
    path,
    '3,1,10,-;nvme nvme0: Connect for subsystem a\n3,2,20,-;nvme nvme1: Connect; subsystem a\n' +
      ' SUBSYSTEM=subsystem a\n6,3,30,-;another\n6,4,40,-;nvmet: subsystem a\n',
  );
  expect(new KernelLog(path).lastLineWith('subsystem a')).toBe('nvme nvme1: Connect; subsystem a');
  expect(new KernelLog(path).lastLineWith('subsystem b')).toBeUndefined();
});

test('a log that may not be read says nothing', () => {
  expect(new KernelLog(join(folder, 'absent')).lastLineWith('x')).toBeUndefined();
});
