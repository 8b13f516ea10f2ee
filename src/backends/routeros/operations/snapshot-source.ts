import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { VolumeId } from '../../../core/storage/volume-id.ts';
import type { Layout } from '../records/layout.ts';
import { type SnapshotName, snapshotNameAfter, snapshotNameBefore } from '../records/snapshot-name.ts';
import { clusterPattern } from '../records/volume-record.ts';
import {
  both,
  type Code,
  concatenation,
  firstOf,
  local,
  matches,
  property,
  variable,
  when,
} from '../script/code.ts';
import { command, find, propertyOf } from '../script/command.ts';
import { refuse } from '../script/script.ts';
import { NO_ORIGIN, subvolumeNamed } from '../strategies/btrfs-subvolumes.ts';
import { isAbsent, makeFolder } from '../strategies/files.ts';
import { ofSlot } from './disk-row.ts';
import { notFound, poolOfPath } from './owned-volume.ts';
import type { PoolFacts } from './pools.ts';
import type { VolumeDeps } from './volume-deps.ts';

/** A volume that snapshots can be taken of. */
export interface SnapshotSource {
  readonly id: VolumeId;
  readonly slot: string;
  readonly pool: PoolFacts;
  /** {@link clusterPattern} of its record. */
  readonly ours: string;
}

export class SnapshotSources {
  constructor(private readonly deps: VolumeDeps) {}

  /** @throws BackendError `not-found` · `unsupported` its pool has no snapshots */
  async require(id: VolumeId, context: CallContext): Promise<SnapshotSource> {
    const { disks, ownership, pools } = this.deps;
    const slot = ownership.slotOf(id);
    if (slot === undefined) throw notFound(id);
    const { disk } = ownership.require(id, await disks.read(slot, context));
    const pool = await pools.require(poolOfPath(disk.path), context);
    if (pools.view(pool).capabilities.snapshots)
      return { id, slot, pool, ours: clusterPattern(ownership.cluster) };
    throw new BackendError(
      'unsupported',
      `volume ${id} is in pool ${pool.name}, which has no snapshots: that takes btrfs, and an appliance on which the ` +
        "doctor's write test has shown that an existing image becomes a disk (RDS_EXISTING_IMAGES)",
    );
  }
}

/** Takes one snapshot. The size in its name is the one that the source has at that moment. */
export function takeSnapshot(
  { slot: source, pool, ours }: SnapshotSource,
  layout: Layout,
  slot: string,
  rest: Pick<SnapshotName, 'group' | 'name'>,
): Code[] {
  const disk = find('/disk', both(ofSlot(source), matches(property('comment'), ours)));
  const before = `${layout.snapshots}/${snapshotNameBefore(slot, source)}`;
  return [
    local('i', disk),
    when(isAbsent(variable('i')), [refuse(NO_ORIGIN)]),
    ...[...layout.folders(pool.name), layout.snapshotFolder(pool.name)].map(makeFolder),
    local('b', propertyOf('/disk', variable('i'), 'size')),
    command('/disk/btrfs/subvolume', 'add', {
      fs: pool.label,
      parent: firstOf(subvolumeNamed(pool, layout.subvolume(source))),
      'read-only': true,
      name: concatenation(before, variable('b'), snapshotNameAfter(rest)),
    }),
  ];
}
