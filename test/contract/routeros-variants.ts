import { pool, routerosFixture } from './routeros-fixtures.ts';
import { describeStorageBackend } from './storage-backend.contract.ts';

const TIMEOUT = { timeoutMs: 60_000 };
/** What snapshots and clones rest on; and the space of a removed subvolume at once, since tests compare it exactly. */
const ADOPTING = { existingImage: 'adopted', subvolumeSpace: 'at-once' } as const;
const WITH_SNAPSHOTS = { options: { abilities: { adoptsImages: true } } };

export function describePlainFiles(version: string): void {
  describeStorageBackend(
    `routeros ${version} with plain files`,
    () => routerosFixture({ version, pools: [pool('fast', 'xfs'), pool('plain', 'ext4')] }),
    TIMEOUT,
  );
}

export function describeSubvolumes(version: string): void {
  describeStorageBackend(
    `routeros ${version} with btrfs subvolumes`,
    () =>
      routerosFixture({
        version,
        pools: [pool('fast', 'btrfs'), pool('plain', 'xfs')],
        assumptions: ADOPTING,
        driver: WITH_SNAPSHOTS,
      }),
    TIMEOUT,
  );
}
