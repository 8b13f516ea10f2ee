import { describe, expect, test } from 'bun:test';
import { BackendError } from './backend-error.ts';
import { Fleet } from './fleet.ts';
import type { StorageBackend } from './storage-backend.ts';
import { type VolumeId, volumeId } from './volume-id.ts';

/** Only what a fleet itself asks of its members. */
const member = (name: string, closed: string[] = []): StorageBackend =>
  ({
    name,
    health: () => ({ connected: true, since: 7 }),
    close: async () => void closed.push(name),
  }) as Partial<StorageBackend> as StorageBackend;

describe('a fleet', () => {
  test('has a member, and none of its members has the name of another', () => {
    expect(() => new Fleet([])).toThrow('a fleet needs an appliance');
    expect(() => new Fleet([member('a'), member('b'), member('a')])).toThrow('two appliances have one name');
  });

  test('stands in the order of the ids, which is not that of the names', () => {
    const names = new Fleet([member('a'), member('b'), member('a-b')]).members.map(({ name }) => name);
    expect(names).toEqual(['a-b', 'a', 'b']);
  });

  test('finds the appliance that an id names, and takes what is no id for one of no appliance', () => {
    const fleet = new Fleet([member('a'), member('b')]);
    expect(fleet.of(volumeId('b', 'csi-x')).name).toBe('b');
    for (const id of ['c/csi-x', 'csi-x', '']) {
      expect(() => fleet.of(id as VolumeId)).toThrow(BackendError);
    }
  });

  test('tells the health of each, and closes all', async () => {
    const closed: string[] = [];
    const fleet = new Fleet([member('a', closed), member('b', closed)]);
    expect(fleet.health()).toEqual([
      { appliance: 'a', connected: true, since: 7 },
      { appliance: 'b', connected: true, since: 7 },
    ]);
    await fleet.close();
    expect(closed.sort()).toEqual(['a', 'b']);
  });
});
