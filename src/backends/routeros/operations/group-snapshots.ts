import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { requireDistinctSources, requireSameSources } from '../../../core/storage/group-sources.ts';
import type { GroupSnapshot, GroupSnapshotSpec } from '../../../core/storage/snapshot.ts';
import { groupSnapshotSlot, memberSnapshotSlot } from '../../../core/storage/snapshot-slot.ts';
import { type SnapshotId, snapshotId, type VolumeId } from '../../../core/storage/volume-id.ts';
import type { Conversation } from '../conversation/conversation.ts';
import { recallName, storeName } from '../records/stored-name.ts';
import { type Code, differs, length, onError, raise, variable, when } from '../script/code.ts';
import { command, find } from '../script/command.ts';
import { done, refuse } from '../script/script.ts';
import { OVERTAKEN, refusalError } from './refusals.ts';
import { answerSnapshots, type SnapshotReader, type SnapshotRow } from './snapshot-reader.ts';
import { type SnapshotSource, type SnapshotSources, takeSnapshots } from './snapshot-source.ts';
import type { Snapshots } from './snapshots.ts';
import type { VolumeDeps } from './volume-deps.ts';

/**
 * Snapshots of several volumes under one name. Each member is crash-consistent by itself; they are taken one after the
 * other, so not with each other. A group of which only a part was taken is none: each name says how many there are.
 */
export class GroupSnapshots {
  constructor(
    private readonly deps: VolumeDeps,
    private readonly conversation: Conversation,
    private readonly reader: SnapshotReader,
    private readonly sources: SnapshotSources,
    private readonly snapshots: Snapshots,
  ) {}

  async create({ name, sources }: GroupSnapshotSpec, context: CallContext): Promise<GroupSnapshot> {
    requireDistinctSources(name, sources);
    const slot = groupSnapshotSlot(this.deps.layout.clusterId, name);
    const found = await this.reader.read('createGroupSnapshot', this.reader.ofGroup(slot), context);
    const existing = whole(found);
    if (existing) return this.answer(slot, existing, name, sources);
    const volumes: SnapshotSource[] = [];
    for (const source of sources) volumes.push(await this.sources.require(source, context));
    const body = [
      ...this.take(name, slot, volumes, found.length),
      done(),
      answerSnapshots(this.reader.ofGroup(slot)),
    ];
    const reply = await this.conversation.run(
      { operation: 'createGroupSnapshot', body, writes: slot },
      context,
    );
    const subject = `group snapshot ${JSON.stringify(name)}`;
    if (reply.refusal !== undefined) throw refusalError(reply.refusal, subject, 'a pool of its volumes');
    const taken = whole(
      this.reader.rowsOf(
        reply,
        volumes.map(({ pool }) => pool),
      ),
    );
    if (!taken) throw new BackendError('changed', `${subject} was deleted while it was taken; try again`);
    return this.answer(slot, taken, name, sources);
  }

  /** @throws BackendError `conflict` it is of other sources */
  private answer(
    slot: string,
    rows: readonly SnapshotRow[],
    name: string,
    sources: readonly VolumeId[],
  ): GroupSnapshot {
    const group = this.view(slot, rows, name);
    requireSameSources(
      name,
      group.snapshots.map(({ source }) => source),
      sources,
    );
    return group;
  }

  async get(id: SnapshotId, context: CallContext): Promise<GroupSnapshot | undefined> {
    const slot = this.deps.ownership.slotOf(id);
    if (slot === undefined) return undefined;
    const rows = whole(await this.reader.read('getGroupSnapshot', this.reader.ofGroup(slot), context));
    return rows && this.view(slot, rows);
  }

  /**
   * What is left of an earlier try goes first, of whatever volumes it was; then all are taken.
   * @param left how many there are of an earlier try: others may have made a whole group since
   */
  private take(name: string, group: string, volumes: readonly SnapshotSource[], left: number): Code[] {
    const members = volumes.length;
    const found = find('/disk/btrfs/subvolume', this.reader.ofGroup(group));
    const removeAll = command('/disk/btrfs/subvolume', 'remove', {}, { items: found });
    const rest = { group: { slot: group, members }, name: storeName(name) };
    const { layout } = this.deps;
    const [first, ...others] = volumes.map((source) => ({
      source,
      slot: memberSnapshotSlot(layout.clusterId, name, source.slot),
    }));
    const all = first ? takeSnapshots([first, ...others], layout, rest) : [];
    return [
      when(differs(length(found), left), [refuse(OVERTAKEN)]),
      removeAll,
      onError('x', all, [removeAll, raise(variable('x'))]),
    ];
  }

  private view(slot: string, rows: readonly SnapshotRow[], name?: string): GroupSnapshot {
    const [first] = rows;
    const stored = first?.name.name ?? '';
    const own = name !== undefined && storeName(name) === stored ? name : recallName(stored);
    return {
      id: snapshotId(this.deps.ownership.appliance, slot),
      name: own,
      createdAt: Math.min(...rows.map(({ createdAt }) => createdAt)),
      snapshots: rows.map((row) => this.snapshots.view(row, own)).sort((a, b) => (a.id < b.id ? -1 : 1)),
    };
  }
}

/** The members, if they are all there. */
function whole(rows: readonly SnapshotRow[]): readonly SnapshotRow[] | undefined {
  const members = rows[0]?.name.group?.members;
  return members !== undefined && rows.length === members ? rows : undefined;
}
