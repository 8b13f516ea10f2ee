import type { Clock } from '../../core/clock.ts';
import type { NqnNaming } from '../../core/storage/nqn.ts';
import type { BackendCapabilities } from '../../core/storage/storage-backend.ts';
import type { ApplianceFacts } from './conversation/facts.ts';
import type { CapacityRules } from './operations/capacity.ts';
import type { PoolAbilities } from './operations/pools.ts';
import type { NvmePorts } from './operations/ports.ts';
import type { Appliance } from './ssh/appliance.ts';

export interface RouterosBackendOptions {
  /** The appliance's configured name, the first part of every id. */
  readonly name: string;
  readonly clusterId: string;
  readonly appliance: Appliance<ApplianceFacts>;
  readonly naming: NqnNaming;
  /** Where nodes reach the exports. */
  readonly nvmeAddresses: readonly string[];
  readonly ports: NvmePorts;
  /** Only these pools are used; empty: all that are mounted. */
  readonly pools: readonly string[];
  readonly rules: CapacityRules;
  readonly abilities: PoolAbilities;
  /** How long an export must have been stopped before another node gets the volume, ms. */
  readonly settleMs: number;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly capabilities?: Partial<BackendCapabilities>;
}
