import type { BackendCapabilities } from '../../../core/storage/storage-backend.ts';
import type { Layout } from '../records/layout.ts';
import type { ImageStrategies } from '../strategies/image-strategies.ts';
import type { CapacityRules } from './capacity.ts';
import type { Disks } from './disks.ts';
import type { Ownership } from './owned-volume.ts';
import type { Pools } from './pools.ts';

/** What the operations on volumes share. */
export interface VolumeDeps {
  readonly disks: Disks;
  readonly pools: Pools;
  readonly ownership: Ownership;
  readonly layout: Layout;
  readonly strategies: ImageStrategies;
  readonly rules: CapacityRules;
  readonly limits: BackendCapabilities;
}

/** How often a decision is made anew when somebody else wrote first. */
export const ATTEMPTS = 5;
