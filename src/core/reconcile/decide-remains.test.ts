import { expect, test } from 'bun:test';
import type { Remains } from '../storage/remains.ts';
import { volumeId } from '../storage/volume-id.ts';
import { attachmentName } from './attachment-name.ts';
import type { Attachment } from './cluster.ts';
import { decideRemains, describeRemains } from './decide-remains.ts';

const DRIVER = 'rose-csi.io';
const ID = volumeId('rds', 'csi-aaaa');
const left = (change: Partial<Remains> = {}): Remains => ({
  id: ID,
  path: '/pool1/csi/ours/csi-aaaa.img',
  state: 'deleted',
  bytes: 4096n,
  ageMs: 3_600_000,
  ...change,
});
const EMPTY = { persistentVolumes: [], attachments: [], registrations: [], nodes: new Set<string>() };
const attachment = (change: Partial<Attachment>): Attachment => ({
  name: 'any',
  uid: 'uid',
  driver: DRIVER,
  node: 'node-a',
  attached: true,
  deleting: false,
  ...change,
});
const keepOf = (remains: Remains) => decideRemains([remains], EMPTY, DRIVER, 3_600_000)[0]?.keep;

test('only what was marked as deleted long enough ago may go', () => {
  expect(keepOf(left())).toBeUndefined();
  expect(keepOf(left({ ageMs: 3_599_999 }))).toContain('3600 s only');
  expect(keepOf(left({ ageMs: -1 }))).toContain('only');
  const { ageMs: _, ...unknown } = left();
  expect(keepOf(unknown)).toContain('does not tell');
  expect(keepOf(left({ state: 'volume' }))).toContain('volumes recover');
  expect(keepOf(left({ state: 'copy' }))).toContain('a copy that was cut');
  expect(keepOf(left({ state: 'unknown' }))).toContain('nothing tells');
});

test('what a PersistentVolume of whatever driver or an attachment is for is left alone', () => {
  const found = (view: Partial<typeof EMPTY> | object) =>
    decideRemains([left()], { ...EMPTY, ...view }, DRIVER, 0).length;
  const volume = { name: 'pv', uid: 'uid', driver: 'another.example', handle: ID, reclaim: 'Delete' };
  expect(found({})).toBe(1);
  expect(found({ persistentVolumes: [volume] })).toBe(0);
  expect(found({ attachments: [attachment({ handle: ID })] })).toBe(0);
  expect(found({ attachments: [attachment({ name: attachmentName(ID, DRIVER, 'node-a') })] })).toBe(0);
});

test('nothing goes while an attachment of ours is for a volume that cannot be told', () => {
  const view = { ...EMPTY, attachments: [attachment({ persistentVolume: 'gone' })] };
  expect(decideRemains([left()], view, DRIVER, 0)[0]?.keep).toContain('attachment any');
});

test('people are told where it lies and what is known of it', () => {
  expect(describeRemains(left({ name: 'pvc-1' }))).toBe(
    'what is left of volume rds/csi-aaaa at /pool1/csi/ours/csi-aaaa.img (pvc-1, 4096 bytes)',
  );
});
