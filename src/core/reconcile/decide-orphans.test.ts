import { expect, test } from 'bun:test';
import type { Volume } from '../storage/volume.ts';
import { volumeId } from '../storage/volume-id.ts';
import type { ObjectRef } from './cluster.ts';
import { decideOrphans } from './decide-orphans.ts';

const UID = '3f2b8a52-6d0e-4a7b-9c11-0a1b2c3d4e5f';
const OTHER_UID = '3f2b8a52-6d0e-4a7b-9c11-ffffffffffff';
const volume = (name: string): Volume => ({
  id: volumeId('rds', `csi-${name.length}`),
  name,
  capacityBytes: 1n << 30n,
  pool: 'pool1',
  provisioning: 'thin',
  compression: false,
  publications: [],
  mayFormat: true,
  everPublished: false,
  conditions: [],
});
const claim = (uid: string): ObjectRef => ({ namespace: 'shop', name: 'data', uid });
const VIEW = { persistentVolumes: [], attachments: [], registrations: [], nodes: new Set<string>() };
const found = (name: string, pending: readonly ObjectRef[]) =>
  decideOrphans([volume(name)], VIEW, 'rose-csi.io', pending).length;

test('a volume whose claim waits is no orphan; that of another claim, or of none, is', () => {
  expect(found(`pvc-${UID}`, [claim(UID)])).toBe(0);
  expect(found(`pvc-${UID}`, [claim(OTHER_UID)])).toBe(1);
  expect(found(`pvc-${UID}`, [])).toBe(1);
});

test.each([
  ['a record cut it', 'volumes-of-cluster-north-pvc-3…'],
  ['the provisioner shortened the UID', 'pvc-3f2b8a52'],
])('a name that does not hold a whole UID is nobody’s for sure only while no claim waits: %s', (_, name) => {
  expect(found(name, [claim(UID)])).toBe(0);
  expect(found(name, [])).toBe(1);
});
