import { MiB } from '../../src/core/bytes.ts';
import { pool, routerosFixture } from './routeros-fixtures.ts';
import { describeStorageBackend } from './storage-backend.contract.ts';

const VERSIONS = ['7.21.5', '7.22.3', '7.23.3', '7.24'];

/** What snapshots and clones rest on; and the space of a removed subvolume at once, since tests compare it exactly. */
const ADOPTING = { existingImage: 'adopted', subvolumeSpace: 'at-once' } as const;
const WITH_SNAPSHOTS = { options: { abilities: { adoptsImages: true } } };

for (const version of VERSIONS) {
  describeStorageBackend(
    `routeros ${version} with plain files`,
    () => routerosFixture({ version, pools: [pool('fast', 'xfs'), pool('plain', 'ext4')] }),
    { timeoutMs: 60_000 },
  );
  describeStorageBackend(
    `routeros ${version} with btrfs subvolumes`,
    () =>
      routerosFixture({
        version,
        pools: [pool('fast', 'btrfs'), pool('plain', 'xfs')],
        assumptions: ADOPTING,
        driver: WITH_SNAPSHOTS,
      }),
    { timeoutMs: 60_000 },
  );
}

describeStorageBackend(
  'routeros 7.22 with sparse images, on btrfs whose existing images are refused',
  () =>
    routerosFixture({
      version: '7.22.3',
      pools: [pool('fast', 'btrfs', 80n * MiB)],
      assumptions: { imageAllocation: 'sparse', subvolumeSpace: 'at-once', targetWhileNotExported: 'shown' },
    }),
  { timeoutMs: 60_000 },
);
