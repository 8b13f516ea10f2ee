import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { GiB, MiB } from '../../src/core/bytes.ts';
import { detachedContext } from '../../src/core/call-context.ts';
import type { StorageBackend } from '../../src/core/storage/storage-backend.ts';
import type { VolumeId } from '../../src/core/storage/volume-id.ts';
import { connectedBackend } from '../support/routeros-backend.ts';
import { claim, expectKind } from './bench.ts';
import { pool, type RouterosFixture, routerosFixture } from './routeros-fixtures.ts';

const LONG = 20_000;
const context = () => detachedContext(AbortSignal.timeout(LONG));
const driver = { options: { abilities: { adoptsImages: true } } };

let fixture: RouterosFixture;
/** What one replica has seen, and what another one does meanwhile. */
let [replica, other]: StorageBackend[] = [];
beforeEach(async () => {
  fixture = await routerosFixture({
    version: '7.24',
    pools: [pool('left', 'btrfs', GiB), pool('right', 'btrfs', GiB)],
    assumptions: { existingImage: 'adopted', subvolumeSpace: 'at-once' },
    driver,
  });
  replica = fixture.backend;
  other = await connectedBackend(fixture.simulator, driver);
}, LONG);
afterEach(async () => {
  await other?.close();
  await fixture.dispose();
}, LONG);

const made = (backend: StorageBackend | undefined, inPool: string) =>
  backend?.createVolume(
    { name: 'v', pool: inPool, requiredBytes: 2n * MiB, provisioning: 'thin', compression: false },
    context(),
  );
const snapshot = (backend: StorageBackend | undefined, source: VolumeId, name = 's') => {
  if (!backend) throw new Error('no replica');
  return backend.createSnapshot({ name, source }, context());
};
const execsOf = async (work: () => Promise<unknown>) => (await fixture.simulator.journal.during(work)).length;
/** Where snapshots are. */
const places = () =>
  fixture.simulator.appliance
    .subvolumes()
    .filter(({ readOnly }) => readOnly)
    .map((subvolume) => subvolume.pool);

describe('a snapshot on RouterOS', () => {
  test(
    'is one exec while its volume is as it was last seen, and a few where it is not known',
    async () => {
      const id = (await made(replica, 'left'))?.id ?? ('' as VolumeId);
      expect(await execsOf(() => snapshot(replica, id))).toBe(1);
      expect(await execsOf(() => snapshot(replica, id))).toBe(1);
      expect(await execsOf(() => snapshot(other, id, 't'))).toBeGreaterThan(1);
      expect(places()).toHaveLength(2);
    },
    LONG,
  );

  test(
    'is taken of a volume whose record another replica has written since',
    async () => {
      const id = (await made(replica, 'left'))?.id ?? ('' as VolumeId);
      await other?.publishVolume(id, claim('node-a'), context());
      await other?.expandVolume(id, 4n * MiB, context());
      expect(await snapshot(replica, id)).toMatchObject({ source: id, sizeBytes: 4n * MiB });
    },
    LONG,
  );

  test(
    'is in the pool that its volume is in now, not where it was last seen',
    async () => {
      const id = (await made(replica, 'left'))?.id ?? ('' as VolumeId);
      await other?.deleteVolume(id, context());
      expect((await made(other, 'right'))?.id).toBe(id);
      await snapshot(replica, id);
      expect(places()).toEqual(['right']);
    },
    LONG,
  );

  test(
    'of a volume that another replica has deleted is not found, but one that was taken is answered',
    async () => {
      const id = (await made(replica, 'left'))?.id ?? ('' as VolumeId);
      const taken = await snapshot(replica, id);
      await other?.deleteVolume(id, context());
      expect(await snapshot(replica, id)).toEqual(taken);
      await expectKind('not-found', snapshot(replica, id, 't'));
    },
    LONG,
  );
});
