import type { Provisioning } from './volume.ts';

export interface Pool {
  readonly name: string;
  readonly totalBytes: bigint;
  /** What a new volume may take, by its provisioning; the reserve and promises to thin volumes are subtracted. */
  readonly availableBytes: Readonly<Record<Provisioning, bigint>>;
  readonly state: 'online' | 'degraded' | 'offline';
  /** What was seen, where the state is not `online`. */
  readonly stateReason?: string;
  readonly capabilities: PoolCapabilities;
}

export interface PoolCapabilities {
  /** Atomic snapshots in constant time, and writable volumes from them. */
  readonly snapshots: boolean;
  /** Volumes from other volumes: sharing their blocks, by a full copy, or not at all. */
  readonly clones: 'shared' | 'copied' | 'none';
  readonly compression: boolean;
}
