import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { groupSnapshotSlot, memberSnapshotSlot, snapshotSlot } from './snapshot-slot.ts';
import { slotFor } from './volume-id.ts';

/** What CSI lets through as a name: no control characters. */
const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 128 });

test('a volume, a snapshot, a group and its member never share a slot, whatever their names', () => {
  fc.assert(
    fc.property(fc.array(names, { minLength: 4, maxLength: 4 }), ([a = '', b = '', c = '', d = '']) => {
      const slots = [
        slotFor('x', a),
        snapshotSlot('x', b),
        groupSnapshotSlot('x', c),
        memberSnapshotSlot('x', c, d),
      ];
      expect(new Set(slots).size).toBe(4);
    }),
  );
});

test('slots are stable and differ by cluster, name and source', () => {
  fc.assert(
    fc.property(names, names, (one, other) => {
      fc.pre(one !== other);
      expect(snapshotSlot('x', one)).toBe(snapshotSlot('x', one));
      expect(snapshotSlot('x', one)).not.toBe(snapshotSlot('x', other));
      expect(snapshotSlot('x', one)).not.toBe(snapshotSlot('y', one));
      expect(memberSnapshotSlot('x', 'g', one)).not.toBe(memberSnapshotSlot('x', 'g', other));
      expect(memberSnapshotSlot('x', one, 's')).not.toBe(memberSnapshotSlot('x', other, 's'));
    }),
  );
});
