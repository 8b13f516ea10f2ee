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
  expect(new KernelLog(path).lastComplaintWith('subsystem a')).toBe('nvme nvme1: Connect; subsystem a');
  expect(new KernelLog(path).lastComplaintWith('subsystem b')).toBeUndefined();
});

test('what is merely told after a complaint does not hide it', () => {
  writeFileSync(
    path,
    '3,1,10,-;nvme nvme1: ignoring nsid 1 because of duplicate IDs\n' +
      '30,2,20,-;nvme nvme1: new ctrl: NQN "a"\n12,3,30,-;nvme nvme2: a warning\n',
  );
  expect(new KernelLog(path).lastComplaintWith('nvme1: ')).toContain('duplicate IDs');
  expect(new KernelLog(path).lastComplaintWith('new ctrl')).toBeUndefined();
  expect(new KernelLog(path).lastComplaintWith('nvme2: ')).toContain('a warning');
});

test('a log that may not be read says nothing', () => {
  expect(new KernelLog(join(folder, 'absent')).lastComplaintWith('x')).toBeUndefined();
});
