import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { DeleteGuard } from '../../../core/storage/storage-backend.ts';
import type { VolumeId } from '../../../core/storage/volume-id.ts';
import { deletionMark } from '../records/file-record.ts';
import { neverPublishedPattern, unpublishedPattern } from '../records/volume-record.ts';
import {
  both,
  type Code,
  equals,
  local,
  matches,
  onError,
  property,
  raise,
  variable,
  when,
} from '../script/code.ts';
import { command, find, propertyOf } from '../script/command.ts';
import { quoteRegex } from '../script/quote.ts';
import { isAbsent, isThere, writeFile } from '../strategies/files.ts';
import { ofSlot } from './disk-row.ts';
import { poolOfImage } from './expand-script.ts';
import { isRecordOf, readRecordFile, recordBeside, removeBare, removeLeftOvers } from './left-overs.ts';
import { type OwnedVolume, poolOfPath } from './owned-volume.ts';
import type { PoolFacts } from './pools.ts';
import { refusalError } from './refusals.ts';
import type { VolumeDeps } from './volume-deps.ts';

/**
 * DeleteVolume on the appliance. RouterOS keeps the image when it removes a disk, so a deletion has several steps, and
 * may end between any two: first the record beside the image is replaced by a mark, which allows whoever comes next to
 * remove what is left.
 */
export class DeleteVolume {
  constructor(private readonly deps: VolumeDeps) {}

  async run(id: VolumeId, context: CallContext, guard?: DeleteGuard): Promise<void> {
    const slot = this.deps.ownership.slotOf(id);
    if (slot === undefined) return;
    const known = await this.deps.pools.all(context);
    const kept = await this.attempt(id, slot, known, context, guard);
    if (!kept || isIn(known, kept)) return this.done(id, kept, known, guard);
    // It is in a pool that was mounted after the pools were read.
    const pools = await this.deps.pools.readAll(context);
    return this.done(id, await this.attempt(id, slot, pools, context, guard), pools, guard);
  }

  /** @returns the volume where it is still there */
  private async attempt(
    id: VolumeId,
    slot: string,
    pools: readonly PoolFacts[],
    context: CallContext,
    guard?: DeleteGuard,
  ): Promise<OwnedVolume | undefined> {
    const statements = this.statements(slot, pools, guard);
    const { reply, disk } = await this.deps.disks.write('deleteVolume', slot, statements, context);
    if (reply.refusal !== undefined) throw refusalError(reply.refusal, `volume ${id}`, 'its pool');
    return this.deps.ownership.volume(disk);
  }

  private done(
    id: VolumeId,
    kept: OwnedVolume | undefined,
    pools: readonly PoolFacts[],
    guard?: DeleteGuard,
  ): void {
    if (!kept) return;
    const holders = kept.record.publications.map(({ node }) => node).join(', ');
    if (holders !== '')
      throw new BackendError('in-use', `volume ${id} is published to ${holders}; unpublish it there first`);
    if (kept.record.imported) throw new BackendError('precondition', keptImported(id, kept.disk.slot));
    if (guard?.unlessEverPublished && kept.record.everPublished)
      throw new BackendError('changed', `volume ${id} is not deleted: a node has had it; read it again`);
    if (isIn(pools, kept))
      throw new BackendError('changed', `volume ${id} was written to meanwhile; try again`);
    throw new BackendError(
      'unavailable',
      `volume ${id} cannot be deleted now: pool ${poolOfPath(kept.disk.path)}, which its image is in, is not mounted; try again`,
    );
  }

  private statements(slot: string, pools: readonly PoolFacts[], guard?: DeleteGuard): Code[] {
    const { ownership, layout } = this.deps;
    const pattern = guard?.unlessEverPublished ? neverPublishedPattern : unpublishedPattern;
    const ours = matches(property('comment'), pattern(ownership.cluster));
    const mounted = pools.map(({ name }) => quoteRegex(name)).join('|');
    const inFolder = matches(
      property('file-path'),
      `^/(${mounted})/csi/${quoteRegex(layout.clusterId)}/.*[.]img$`,
    );
    return [
      local('i', find('/disk', both(both(ofSlot(slot), ours), inFolder))),
      when(isThere(variable('i')), this.remove(slot, ours)),
      when(
        isAbsent(find('/disk', ofSlot(slot))),
        pools.flatMap((pool) => this.finish(pool, slot)),
      ),
    ];
  }

  /**
   * Of the item in `i`: as it was found, or not at all. Whoever uses it since has written a new record, and had perhaps
   * done so when it was read here: so that it is unpublished is asked in the very command, too.
   */
  private remove(slot: string, unpublished: Code): Code[] {
    const same = both(equals(property('comment'), variable('u')), unpublished);
    const items = find('/disk', both(ofSlot(slot), same));
    const record = recordBeside(variable('h'));
    const restore = when(isRecordOf(slot), [writeFile(record, variable('o'))]);
    return [
      local('u', propertyOf('/disk', variable('i'), 'comment')),
      local('h', propertyOf('/disk', variable('i'), 'file-path')),
      ...poolOfImage(variable('h')),
      ...readRecordFile(record),
      writeFile(record, deletionMark(slot)),
      onError('x', [command('/disk', 'remove', {}, { items })], [restore, raise(variable('x'))]),
      when(isThere(find('/disk', ofSlot(slot))), [restore]),
    ];
  }

  /** Removes in one pool what is left. A pool that is away now keeps the mark, for the next deletion or create. */
  private finish(pool: PoolFacts, slot: string): Code[] {
    const strategy = this.deps.strategies.for(pool);
    return [
      ...removeLeftOvers(strategy, pool, slot, { unrecorded: false, own: true }),
      ...(pool.fs === 'btrfs' ? [removeBare(strategy, pool, slot)] : []),
    ];
  }
}

const keptImported = (id: VolumeId, slot: string): string =>
  `volume ${id} was imported: the driver never deletes what it did not make. Give it back with \`rose-csi volumes ` +
  `release ${id}\` and delete the disk ${slot} on the appliance, or set its PersistentVolume to Retain`;

const isIn = (pools: readonly PoolFacts[], { disk }: OwnedVolume): boolean =>
  pools.some(({ name }) => name === poolOfPath(disk.path));
