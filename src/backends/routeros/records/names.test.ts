import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { readFileRecord, writeFileRecord } from './file-record.ts';
import { Layout } from './layout.ts';
import { readSnapshotName, type SnapshotName, writeSnapshotName } from './snapshot-name.ts';
import { isStoredName, recallName, storeName } from './stored-name.ts';

const anyName = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 150 });

describe('a stored name', () => {
  test('is short and plain, and two names are never one', () => {
    fc.assert(
      fc.property(anyName, anyName, (one, two) => {
        expect(isStoredName(storeName(one))).toBe(true);
        expect(storeName(one) === storeName(two)).toBe(one === two);
      }),
    );
  });

  test('gives the name back where it was not cut', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const stored = storeName(name);
        const recalled = recallName(stored);
        if (stored.includes('~')) {
          expect(recalled.endsWith('…')).toBe(true);
          expect(name.startsWith(recalled.slice(0, -1))).toBe(true);
        } else {
          expect(recalled).toBe(name);
        }
      }),
    );
  });

  test('of a provisioner is the name itself', () => {
    const name = 'pvc-0b5b7c1e-3b1d-4b52-9b3c-3a0f5d0f7c11';
    expect(storeName(name)).toBe(name);
  });
});

describe('a snapshot’s name', () => {
  const slot = fc.stringMatching(/^csi-[a-z2-7]{28}$/);
  const snapshot: fc.Arbitrary<SnapshotName> = fc
    .record({
      slot,
      source: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/),
      encrypted: fc.constantFrom(true as const, undefined),
      bytes: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      group: fc.option(fc.record({ slot, members: fc.integer({ min: 1, max: 9999 }) }), { nil: undefined }),
      name: anyName.map(storeName),
    })
    .map(({ group, encrypted, ...rest }) => ({
      ...rest,
      ...(group && { group }),
      ...(encrypted && { encrypted }),
    }));

  test('reads back as it was, and fits into a name of a folder', () => {
    fc.assert(
      fc.property(snapshot, (one) => {
        const text = writeSnapshotName(one);
        expect(text.length).toBeLessThanOrEqual(255);
        expect(text).not.toMatch(/[/\s]/);
        expect(readSnapshotName(text)).toEqual(one);
      }),
    );
  });

  test('that somebody else gave is none', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readSnapshotName(text)).toBeUndefined();
      }),
    );
  });
});

describe('a file record', () => {
  test('is ASCII and reads back as it was', () => {
    fc.assert(
      fc.property(anyName, fc.boolean(), fc.nat(), (name, mayFormat, port) => {
        const record = { cluster: 'c', slot: 's', name, provisioning: 'thin', mayFormat, port } as const;
        const text = writeFileRecord(record);
        expect(text).toMatch(/^[\x20-\x7e]*$/);
        expect(readFileRecord(text)).toEqual(record);
      }),
    );
  });

  test('that is none is told from one', () => {
    for (const text of ['', 'deleted csi-x', '{}', '{"format":2}', '[1]']) {
      expect(readFileRecord(text)).toBeUndefined();
    }
  });
});

describe('the layout', () => {
  const layout = new Layout('cluster');

  test('knows the pool of its own images and of no others', () => {
    expect(layout.poolOf(layout.plain('raid10', 'slot').image)).toBe('raid10');
    expect(layout.poolOf(layout.inSubvolume('fast', 'slot').image)).toBe('fast');
    expect(layout.poolOf(new Layout('other').plain('raid10', 'slot').image)).toBeUndefined();
    expect(layout.poolOf('/raid10/vm.img')).toBeUndefined();
    expect(layout.poolOf('raid10/csi/cluster/slot.img')).toBeUndefined();
  });
});
