import { expect, test } from 'bun:test';
import { basename } from 'node:path';
import fc from 'fast-check';
import { isOwnSlot, slotFor } from '../../../core/storage/volume-id.ts';
import { isStaged, Layout, slotOfImage, slotOfRecord } from './layout.ts';

const layout = new Layout('/data');
const slots = fc.string().map((name) => slotFor('cluster', name));

test('the slot of a file is found in its name', () => {
  fc.assert(
    fc.property(slots, (slot) => {
      expect(slotOfImage(basename(layout.volumeImage(slot)))).toBe(slot);
      expect(slotOfImage(basename(layout.snapshotImage(slot)))).toBe(slot);
      expect(slotOfRecord(basename(layout.record(slot)))).toBe(slot);
      expect(isStaged(basename(layout.staged(slot, '0123456789abcdef')))).toBe(true);
      expect(isOwnSlot(slot)).toBe(true);
    }),
  );
});

test('other names are not ours', () => {
  const slot = slotFor('cluster', 'name');
  const foreign = [
    '',
    '.img',
    'lost+found',
    'disk.img',
    `${slot}.img.bak`,
    `x${slot}.img`,
    slot,
    `${slot}.json.swp`,
  ];
  for (const file of foreign) {
    expect([slotOfImage(file), slotOfRecord(file), isStaged(file)]).toEqual([undefined, undefined, false]);
  }
});
