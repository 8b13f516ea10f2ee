import { MiB } from '../../src/core/bytes.ts';
import { pool, routerosFixture } from './routeros-fixtures.ts';
import { describePlainFiles, describeSubvolumes } from './routeros-variants.ts';
import { describeStorageBackend } from './storage-backend.contract.ts';

// Each way once, on the oldest version and the newest; `make contract` runs every version both ways.
describePlainFiles('7.21.5');
describeSubvolumes('7.24');

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
