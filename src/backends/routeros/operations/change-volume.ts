import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { changedConnection } from '../../../core/storage/connection-options.ts';
import type { Volume, VolumeChange } from '../../../core/storage/volume.ts';
import type { VolumeId } from '../../../core/storage/volume-id.ts';
import { requireVolumeSize } from '../../../core/storage/volume-size.ts';
import { clusterPattern, nextRevision, writeRecord } from '../records/volume-record.ts';
import { both, type Code, matches, property } from '../script/code.ts';
import { command, find } from '../script/command.ts';
import type { Reply } from '../script/reply.ts';
import { compareAndSet } from './compare-and-set.ts';
import { ofSlot } from './disk-row.ts';
import { expandScript, POOL_NAMED } from './expand-script.ts';
import { notFound, type OwnedVolume } from './owned-volume.ts';
import { refusalError } from './refusals.ts';
import { ATTEMPTS, type VolumeDeps } from './volume-deps.ts';

/** What may change on a volume, published or not. */
export class ChangeVolume {
  constructor(private readonly deps: VolumeDeps) {}

  async expand(id: VolumeId, bytes: bigint, context: CallContext): Promise<Volume> {
    const size = requireVolumeSize(`volume ${id}`, bytes, undefined, this.deps.limits);
    const statements = expandScript(size, this.ours(id), this.deps.rules);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const volume = await this.change('expandVolume', id, statements, context);
      if (volume.capacityBytes >= size) return volume;
    }
    throw new BackendError('changed', `volume ${id} is being written to by others; try again`);
  }

  async modify(id: VolumeId, change: VolumeChange, context: CallContext): Promise<Volume> {
    const { disks, ownership } = this.deps;
    const slot = this.slot(id);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const owned = ownership.require(id, await disks.read(slot, context));
      const seen = ownership.view(owned);
      if (isSo(seen, change)) return seen;
      const compress = change.compression === seen.compression ? undefined : change.compression;
      if (compress) await this.requireCompression(id, seen.pool, context);
      const volume = await this.change('modifyVolume', id, [this.set(owned, change, compress)], context);
      if (isSo(volume, change)) return volume;
    }
    throw new BackendError('changed', `volume ${id} is being written to by others; try again`);
  }

  /** One `set`, so that all is changed or nothing. What the record does not hold needs no condition on it. */
  private set({ id, disk, record }: OwnedVolume, change: VolumeChange, compress: boolean | undefined): Code {
    const connection = changedConnection(record, change);
    if (!connection) return command('/disk', 'set', { compress }, { items: find('/disk', this.ours(id)) });
    const comment = writeRecord({ ...record, connection, revision: nextRevision(record) });
    return compareAndSet(disk, { comment, compress });
  }

  private async requireCompression(id: VolumeId, name: string, context: CallContext): Promise<void> {
    const pool = await this.deps.pools.holding(name, context);
    if (this.deps.pools.view(pool).capabilities.compression) return;
    throw new BackendError(
      'unsupported',
      `volume ${id}: pool ${pool.name} is ${pool.fs}, which has no compression; use a btrfs pool`,
    );
  }

  private async change(
    operation: string,
    id: VolumeId,
    statements: readonly Code[],
    context: CallContext,
  ): Promise<Volume> {
    const { disks, ownership } = this.deps;
    const slot = this.slot(id);
    const { reply, disk } = await disks.write(operation, slot, statements, context);
    if (reply.refusal !== undefined) throw refusalError(reply.refusal, `volume ${id}`, poolIn(reply));
    return ownership.view(ownership.require(id, disk));
  }

  private ours(id: VolumeId): Code {
    return both(
      ofSlot(this.slot(id)),
      matches(property('comment'), clusterPattern(this.deps.ownership.cluster)),
    );
  }

  private slot(id: VolumeId): string {
    const slot = this.deps.ownership.slotOf(id);
    if (slot === undefined) throw notFound(id);
    return slot;
  }
}

const isSo = (volume: Volume, change: VolumeChange): boolean =>
  (change.compression ?? volume.compression) === volume.compression && !changedConnection(volume, change);

/** The script names the pool before it looks for room in it. */
function poolIn({ answers }: Reply): string {
  const named = answers.find(({ kind }) => kind === POOL_NAMED);
  return named ? `pool ${named.value}` : 'its pool';
}
