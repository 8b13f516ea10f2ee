import { expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  isApplianceName,
  isEpoch,
  isNodeId,
  NODE_ID_MAX_LENGTH,
  parseHandle,
  slotFor,
  snapshotId,
  volumeId,
} from './volume-id.ts';

const text = fc.string({ unit: 'binary', maxLength: 128 });
const appliance = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/);
const slot = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/);

test('a slot has the 32 characters that RouterOS takes, whatever the name', () => {
  fc.assert(
    fc.property(text, text, (cluster, name) => expect(slotFor(cluster, name)).toMatch(/^csi-[a-z2-7]{28}$/)),
  );
});

test('a slot is always the same for a name', () => {
  fc.assert(
    fc.property(text, text, (cluster, name) => expect(slotFor(cluster, name)).toBe(slotFor(cluster, name))),
  );
  // Volumes of released versions are found by it: it must never change.
  expect(slotFor('cluster', 'pvc-1')).toBe('csi-dbxs4uu7hvifyroi53t5c2aehobj');
});

test('different names have different slots, and so have different clusters', () => {
  fc.assert(
    fc.property(text, text, text, (cluster, one, other) => {
      fc.pre(one !== other);
      expect(slotFor(cluster, one)).not.toBe(slotFor(cluster, other));
    }),
  );
  fc.assert(
    fc.property(text, text, text, (name, one, other) => {
      fc.pre(one !== other && !one.includes('\0') && !other.includes('\0'));
      expect(slotFor(one, name)).not.toBe(slotFor(other, name));
    }),
  );
});

test('an id is taken apart into what it was made of', () => {
  fc.assert(
    fc.property(appliance, slot, (name, at) => {
      expect(parseHandle(volumeId(name, at))).toEqual({ appliance: name, slot: at });
      expect(parseHandle(snapshotId(name, at))).toEqual({ appliance: name, slot: at });
    }),
  );
});

test('what parses as an id is printed as it was', () => {
  fc.assert(
    fc.property(fc.oneof(text, fc.stringMatching(/^[a-z0-9/.-]{1,40}$/)), (id) => {
      const handle = parseHandle(id);
      if (handle) expect(`${handle.appliance}/${handle.slot}`).toBe(id);
      else expect(handle).toBeUndefined();
    }),
  );
});

test('what is no id is not taken apart', () => {
  for (const id of [
    '',
    '/',
    'a',
    'a/',
    '/b',
    'a/b/c',
    'A/b',
    'a/..',
    'a/.b',
    '-a/b',
    'a/b\n',
    ' a/b',
    `a/${'b'.repeat(65)}`,
  ]) {
    expect(parseHandle(id)).toBeUndefined();
  }
});

test('appliance names are short DNS labels', () => {
  expect(['rds', 'rds-1', 'a', 'a'.repeat(32)].filter(isApplianceName)).toHaveLength(4);
  expect(['', 'Rds', '-a', 'a-', 'a.b', 'a'.repeat(33)].filter(isApplianceName)).toEqual([]);
});

test('node ids are as long as a record can hold, and safe in it', () => {
  expect(
    ['n', 'node-1.example.org', 'N_1', 'n'.repeat(NODE_ID_MAX_LENGTH)].filter((id) => isNodeId(id)),
  ).toHaveLength(4);
  const wrong = ['', '.n', '-n', 'n,m', 'n m', 'n"', 'n\n', 'ä', 'n'.repeat(NODE_ID_MAX_LENGTH + 1)];
  expect(wrong.filter((id) => isNodeId(id))).toEqual([]);
});

test('an epoch is 16 lower-case hex digits', () => {
  expect(isEpoch('0123456789abcdef')).toBe(true);
  expect(
    ['', '0123456789ABCDEF', '0123456789abcde', '0123456789abcdef0'].filter((id) => isEpoch(id)),
  ).toEqual([]);
});
