import type { Pool } from '../../storage/pool.ts';
import type { VolumeParameters } from './parameters.ts';

/** The pool of an appliance that a volume with these parameters would be made in; undefined: none. */
export function suitablePool(
  pools: readonly Pool[],
  { pool: name, compression }: VolumeParameters,
): Pool | undefined {
  const pool = name === undefined ? pools[0] : pools.find((candidate) => candidate.name === name);
  return pool && pool.state !== 'offline' && (!compression || pool.capabilities.compression)
    ? pool
    : undefined;
}
