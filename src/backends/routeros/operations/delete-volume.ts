import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { VolumeId } from '../../../core/storage/volume-id.ts';
import { deletionMark } from '../records/file-record.ts';
import { unpublishedPattern } from '../records/volume-record.ts';
import { both, type Code, equals, local, matches, property, variable, when } from '../script/code.ts';
import { command, find, propertyOf } from '../script/command.ts';
import { quoteRegex } from '../script/quote.ts';
import { isAbsent, isThere, writeFile } from '../strategies/files.ts';
import { finishDeletion, recordBeside } from './create-script.ts';
import { ofSlot } from './disk-row.ts';
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

  async run(id: VolumeId, context: CallContext): Promise<void> {
    const slot = this.deps.ownership.slotOf(id);
    if (slot === undefined) return;
    const pools = await this.deps.pools.all(context);
    const { reply, disk } = await this.deps.disks.write(
      'deleteVolume',
      slot,
      this.statements(slot, pools),
      context,
    );
    if (reply.refusal !== undefined) throw refusalError(reply.refusal, `volume ${id}`, 'its pool');
    const kept = this.deps.ownership.volume(disk);
    if (!kept) return;
    const holders = kept.record.publications.map(({ node }) => node).join(', ');
    if (holders === '') throw new BackendError('changed', `volume ${id} was written to meanwhile; try again`);
    throw new BackendError('in-use', `volume ${id} is published to ${holders}; unpublish it there first`);
  }

  private statements(slot: string, pools: readonly PoolFacts[]): Code[] {
    const { ownership, layout } = this.deps;
    const ours = matches(property('comment'), unpublishedPattern(ownership.cluster));
    const inFolder = matches(property('file-path'), `^/[^/]+/csi/${quoteRegex(layout.clusterId)}/.*[.]img$`);
    return [
      local('i', find('/disk', both(both(ofSlot(slot), ours), inFolder))),
      when(isThere(variable('i')), [
        local('h', propertyOf('/disk', variable('i'), 'file-path')),
        writeFile(recordBeside(variable('h')), deletionMark(slot)),
        command('/disk', 'remove', {}, { items: variable('i') }),
      ]),
      when(
        isAbsent(find('/disk', ofSlot(slot))),
        pools.flatMap((pool) => this.finish(pool, slot)),
      ),
    ];
  }

  /** Removes in one pool what carries the mark. A pool that is away now keeps it, for the next deletion or create. */
  private finish(pool: PoolFacts, slot: string): Code[] {
    const strategy = this.deps.strategies.for(pool);
    const { image, record } = strategy.place(pool, slot);
    const free = isAbsent(find('/disk', equals(property('file-path'), image)));
    return [when(free, finishDeletion(record, slot, strategy.clear(pool, slot)))];
  }
}
