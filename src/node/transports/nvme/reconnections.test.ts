import { afterEach, beforeEach, expect, test } from 'bun:test';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reconnections } from './reconnections.ts';

let folder: string;
let log: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rose-csi-kmsg-'));
  log = join(folder, 'kmsg');
});
afterEach(() => rmSync(folder, { recursive: true }));

const NQN = 'nqn.2026-01.test:a';
const connected = new Map([['nvme3', NQN]]);
const says = (text: string) => appendFileSync(log, `6,1,2,-;${text}\n`);

test('connections that came back are counted from the first look on', () => {
  says('nvme nvme3: Successfully reconnected (1 attempt)');
  const reconnections = new Reconnections(log);
  expect(reconnections.counts(connected)?.get(NQN)).toBe(0);
  says('nvme nvme3: Reconnecting in 10 seconds...');
  says('nvme nvme3: Successfully reconnected (2 attempts)');
  says('nvme nvme4: Successfully reconnected (1 attempt)');
  expect(reconnections.counts(connected)?.get(NQN)).toBe(1);
  expect(reconnections.counts(connected)?.get(NQN)).toBe(1);
  expect(reconnections.counts(new Map())).toEqual(new Map());
});

test('where the log cannot be read nothing is known', () => {
  expect(new Reconnections(join(folder, 'absent')).counts(connected)).toBeUndefined();
});
