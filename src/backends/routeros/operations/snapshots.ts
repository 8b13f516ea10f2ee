import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { encryptionOf } from '../../../core/storage/encryption.ts';
import { type Page, type PageRequest, pageOf } from '../../../core/storage/page.ts';
import type { Snapshot, SnapshotSpec } from '../../../core/storage/snapshot.ts';
import { snapshotSlot } from '../../../core/storage/snapshot-slot.ts';
import type { SnapshotFilter } from '../../../core/storage/storage-backend.ts';
import { type SnapshotId, snapshotId, volumeId } from '../../../core/storage/volume-id.ts';
import type { Conversation } from '../conversation/conversation.ts';
import { recallName, storeName } from '../records/stored-name.ts';
import { both, type Code, matches, property, when } from '../script/code.ts';
import { command, find } from '../script/command.ts';
import type { Reply } from '../script/reply.ts';
import { done } from '../script/script.ts';
import { NO_ORIGIN } from '../strategies/btrfs-subvolumes.ts';
import { isAbsent } from '../strategies/files.ts';
import { refusalError } from './refusals.ts';
import { answerSnapshots, type SnapshotReader, type SnapshotRow } from './snapshot-reader.ts';
import { type SnapshotSource, type SnapshotSources, takeSnapshots } from './snapshot-source.ts';
import type { VolumeDeps } from './volume-deps.ts';

/** Snapshots of single volumes: read-only subvolumes, atomic and made in constant time. */
export class Snapshots {
  constructor(
    private readonly deps: VolumeDeps,
    private readonly conversation: Conversation,
    private readonly reader: SnapshotReader,
    private readonly sources: SnapshotSources,
  ) {}

  /** One exec where the volume is still as it was last seen; the script looks at the name itself. */
  async create(spec: SnapshotSpec, context: CallContext): Promise<Snapshot> {
    const { name, source } = spec;
    const seen = await this.sources.lastSeen(source, context);
    const reply = seen && (await this.take(spec, seen, context));
    if (reply && reply.refusal !== NO_ORIGIN) return this.taken(spec, seen, reply, context);
    const slot = snapshotSlot(this.deps.layout.clusterId, name);
    const existing = await this.at(slot, 'createSnapshot', context);
    if (existing) return this.requireSource(this.view(existing, name), source);
    const volume = await this.sources.require(source, context);
    return this.taken(spec, volume, await this.take(spec, volume, context), context);
  }

  private take({ name }: SnapshotSpec, volume: SnapshotSource, context: CallContext): Promise<Reply> {
    const slot = snapshotSlot(this.deps.layout.clusterId, name);
    const body = [
      when(isAbsent(find('/disk/btrfs/subvolume', this.reader.ofSlot(slot))), [
        ...takeSnapshots([{ source: volume, slot }], this.deps.layout, { name: storeName(name) }),
      ]),
      done(),
      answerSnapshots(this.reader.ofSlot(slot)),
    ];
    return this.conversation.run({ operation: 'createSnapshot', body, writes: slot }, context);
  }

  private async taken(
    { name, source }: SnapshotSpec,
    { pool }: SnapshotSource,
    reply: Reply,
    context: CallContext,
  ): Promise<Snapshot> {
    const subject = `snapshot ${JSON.stringify(name)} of volume ${source}`;
    if (reply.refusal !== undefined) throw refusalError(reply.refusal, subject, `pool ${pool.name}`);
    // Of any pool: the name may have been taken before, of another volume.
    const [row] = this.reader.rowsOf(reply, await this.deps.pools.all(context));
    if (!row) throw new BackendError('changed', `${subject} went while it was taken; try again`);
    return this.requireSource(this.view(row, name), source);
  }

  async delete(id: SnapshotId, context: CallContext): Promise<void> {
    const slot = this.deps.ownership.slotOf(id);
    if (slot === undefined) return;
    const single = both(this.reader.ofSlot(slot), matches(property('fullname'), '[.]-[.][^./]+$'));
    const wanted = [single, this.reader.ofGroup(slot)];
    const body = [
      ...wanted.map((where) =>
        command('/disk/btrfs/subvolume', 'remove', {}, { items: find('/disk/btrfs/subvolume', where) }),
      ),
      answerSnapshots(this.reader.ofSlot(slot)),
    ];
    const pools = await this.deps.pools.all(context);
    const reply = await this.conversation.run({ operation: 'deleteSnapshot', body, writes: slot }, context);
    const [kept] = this.reader.rowsOf(reply, pools);
    if (!kept) return;
    const group = kept.name.group && snapshotId(this.deps.ownership.appliance, kept.name.group.slot);
    throw new BackendError(
      group ? 'in-use' : 'changed',
      group
        ? `snapshot ${id} belongs to group ${group}; delete the whole group`
        : `snapshot ${id} is still there; try again`,
    );
  }

  async get(id: SnapshotId, context: CallContext): Promise<Snapshot | undefined> {
    const row = await this.reader.find(id, context);
    return row && this.view(row);
  }

  async list(filter: SnapshotFilter, page: PageRequest, context: CallContext): Promise<Page<Snapshot>> {
    const where = this.filter(filter);
    if (!where) return { items: [] };
    const rows = await this.reader.read('listSnapshots', where, context);
    const views = rows.map((row) => this.view(row)).sort((a, b) => (a.id < b.id ? -1 : 1));
    return pageOf(views, page);
  }

  /** @param name the whole CSI name, where the caller knows it */
  view({ name: stored, createdAt }: SnapshotRow, name?: string): Snapshot {
    const { appliance } = this.deps.ownership;
    const own = name !== undefined && storeName(name) === stored.name ? name : recallName(stored.name);
    return {
      id: snapshotId(appliance, stored.slot),
      // Members of a group have no name of their own in CSI.
      name: stored.group ? `${own}-${stored.source}` : own,
      source: volumeId(appliance, stored.source),
      sizeBytes: stored.bytes,
      ...encryptionOf(stored),
      createdAt,
      ...(stored.group && { group: snapshotId(appliance, stored.group.slot) }),
    };
  }

  private filter({ source }: SnapshotFilter): Code | undefined {
    if (source === undefined) return this.reader.all();
    const slot = this.deps.ownership.slotOf(source);
    return slot === undefined ? undefined : this.reader.ofSource(slot);
  }

  private async at(slot: string, operation: string, context: CallContext): Promise<SnapshotRow | undefined> {
    const [row] = await this.reader.read(operation, this.reader.ofSlot(slot), context);
    return row;
  }

  private requireSource(snapshot: Snapshot, source: SnapshotSource['id']): Snapshot {
    if (snapshot.source === source) return snapshot;
    throw new BackendError(
      'conflict',
      `snapshot ${JSON.stringify(snapshot.name)} exists of volume ${snapshot.source}, asked for is one of volume ` +
        `${source}; use another name`,
    );
  }
}
