import type { Pool } from '../../storage/pool.ts';
import type { Volume, VolumeCondition } from '../../storage/volume.ts';

/**
 * What is adverse about a volume, that of its pool with it.
 * @param pools those of its appliance. One that is being checked (RAID scrubbing) is online to them
 */
export function conditionsWithPool(volume: Volume, pools: readonly Pool[]): readonly VolumeCondition[] {
  const pool = pools.find(({ name }) => name === volume.pool);
  if (!pool) return volume.conditions.map((condition) => withoutPool(volume, condition));
  if (pool.state === 'online') return volume.conditions;
  const found = `pool ${pool.name} is ${pool.state}${pool.stateReason ? `: ${pool.stateReason}` : ''}`;
  const own: VolumeCondition =
    pool.state === 'degraded'
      ? { status: 'degraded', reason: 'PoolDegraded', message: `${found}; replace its failed members` }
      : {
          status: 'inaccessible',
          reason: 'PoolOffline',
          message: `${found}; bring it back on the appliance`,
        };
  return [own, ...volume.conditions];
}

/** Without its pool no image shows. Nothing suggests that it is lost: who is told of a loss restores from a snapshot. */
function withoutPool({ id, pool }: Volume, condition: VolumeCondition): VolumeCondition {
  if (condition.status !== 'data-loss') return condition;
  const message =
    `the appliance shows neither the pool ${pool} nor the image of volume ${id} in it; ` +
    'is the pool mounted, is it one of RDS_POOL?';
  return { status: 'inaccessible', reason: 'PoolNotFound', message };
}
