import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { type Encryption, encryptionOf } from '../../../core/storage/encryption.ts';
import type { VolumeId } from '../../../core/storage/volume-id.ts';
import type { Layout } from '../records/layout.ts';
import { type SnapshotName, snapshotNameAfter, snapshotNameBefore } from '../records/snapshot-name.ts';
import { clusterPattern } from '../records/volume-record.ts';
import {
  both,
  type Code,
  concatenation,
  each,
  element,
  equals,
  firstOf,
  list,
  local,
  matches,
  property,
  variable,
  when,
} from '../script/code.ts';
import { command, find, propertyOf } from '../script/command.ts';
import { quoteRegex } from '../script/quote.ts';
import { refuse } from '../script/script.ts';
import { NO_ORIGIN, subvolumeAt, subvolumePattern } from '../strategies/btrfs-subvolumes.ts';
import { isAbsent, makeFolder } from '../strategies/files.ts';
import type { DiskRow } from './disk-row.ts';
import { notFound, type OwnedVolume, poolOfPath } from './owned-volume.ts';
import type { PoolFacts } from './pools.ts';
import type { VolumeDeps } from './volume-deps.ts';

/** A volume that snapshots can be taken of. */
export interface SnapshotSource extends Encryption {
  readonly id: VolumeId;
  readonly slot: string;
  readonly pool: PoolFacts;
  /** {@link clusterPattern} of its record. */
  readonly ours: string;
  /** Only if its item is still this one; undefined: it was read just now. */
  readonly seen?: DiskRow;
}

export class SnapshotSources {
  constructor(private readonly deps: VolumeDeps) {}

  /** @throws BackendError `not-found` · `unsupported` its pool has no snapshots */
  async require(id: VolumeId, context: CallContext): Promise<SnapshotSource> {
    const { disks, ownership } = this.deps;
    const slot = ownership.slotOf(id);
    if (slot === undefined) throw notFound(id);
    return this.sourceOf(ownership.require(id, await disks.read(slot, context)), context);
  }

  /** As it was last seen; undefined where that is not known, or would not do: then ask for it. */
  async lastSeen(id: VolumeId, context: CallContext): Promise<SnapshotSource | undefined> {
    const { disks, ownership } = this.deps;
    const slot = ownership.slotOf(id);
    const seen = slot === undefined ? undefined : disks.lastSeen(slot);
    if (!seen) return undefined;
    try {
      return { ...(await this.sourceOf(ownership.require(id, seen), context)), seen };
    } catch (error) {
      if (error instanceof BackendError && error.kind !== 'unavailable') return undefined;
      throw error;
    }
  }

  private async sourceOf({ id, disk, record }: OwnedVolume, context: CallContext): Promise<SnapshotSource> {
    const { ownership, pools } = this.deps;
    if (record.imported) throw hasNoSubvolume(id, 'snapshots');
    const pool = await pools.holding(poolOfPath(disk.path), context);
    if (pools.view(pool).capabilities.snapshots)
      return { id, slot: disk.slot, pool, ours: clusterPattern(ownership.cluster), ...encryptionOf(record) };
    throw new BackendError(
      'unsupported',
      `volume ${id} is in pool ${pool.name}, which has no snapshots: that takes btrfs, and an appliance on which the ` +
        "doctor's write test has shown that an existing image becomes a disk (RDS_EXISTING_IMAGES)",
    );
  }
}

/** Only what the driver made has a subvolume of its own. */
export const hasNoSubvolume = (id: VolumeId, what: 'snapshots' | 'clones'): BackendError =>
  new BackendError(
    'unsupported',
    `volume ${id} was imported and has no subvolume of its own, so there are no ${what} of it: copy its data into a ` +
      'volume that the driver made',
  );

/** A snapshot to take: of what, and the slot that it gets. */
export interface SnapshotPlan {
  readonly source: SnapshotSource;
  readonly slot: string;
}

/**
 * Takes snapshots, one after the other. The size in a name is the one that the source has at that moment. A loop over
 * what differs: the line stays short however many there are.
 */
export function takeSnapshots(
  plans: readonly [SnapshotPlan, ...SnapshotPlan[]],
  layout: Layout,
  rest: Pick<SnapshotName, 'group' | 'name'>,
): Code[] {
  const pools = [...new Set(plans.map(({ source }) => source.pool.name))];
  const folders = pools.flatMap((pool) => [...layout.folders(pool), layout.snapshotFolder(pool)]);
  const items = plans.map(({ source, slot }) =>
    list([
      source.slot,
      snapshotNameBefore(slot, source.slot, source),
      source.pool.label,
      quoteRegex(source.slot),
    ]),
  );
  const [slot, before, label, slotPattern] = [0, 1, 2, 3].map((at) => element(variable('y'), at)) as [
    Code,
    Code,
    Code,
    Code,
  ];
  const [{ source }] = plans;
  const ours = both(equals(property('slot'), slot), matches(property('comment'), source.ours));
  const disk = source.seen ? both(ours, asSeen(source.seen)) : ours;
  return [
    ...folders.map(makeFolder),
    each('y', list(items), [
      local('i', find('/disk', disk)),
      when(isAbsent(variable('i')), [refuse(NO_ORIGIN)]),
      local('b', propertyOf('/disk', variable('i'), 'size')),
      command('/disk/btrfs/subvolume', 'add', {
        fs: label,
        parent: firstOf(
          subvolumeAt(label, concatenation(subvolumePattern(layout.subvolume('')), slotPattern, '$')),
        ),
        'read-only': true,
        name: concatenation(`${layout.snapshots}/`, before, variable('b'), snapshotNameAfter(rest)),
      }),
    ]),
  ];
}

/** Neither its record nor its place has changed: it is the same volume, in the same pool. */
const asSeen = ({ comment, path }: DiskRow): Code =>
  both(equals(property('comment'), comment), equals(property('file-path'), path));
