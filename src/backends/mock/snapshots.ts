import type { Clock } from '../../core/clock.ts';
import { BackendError } from '../../core/storage/backend-error.ts';
import { encryptionOf } from '../../core/storage/encryption.ts';
import { requireDistinctSources, requireSameSources } from '../../core/storage/group-sources.ts';
import { type Page, type PageRequest, pageOf } from '../../core/storage/page.ts';
import type {
  GroupSnapshot,
  GroupSnapshotSpec,
  Snapshot,
  SnapshotSpec,
} from '../../core/storage/snapshot.ts';
import { groupSnapshotSlot, memberSnapshotSlot, snapshotSlot } from '../../core/storage/snapshot-slot.ts';
import type { SnapshotFilter } from '../../core/storage/storage-backend.ts';
import {
  parseHandle,
  type SnapshotId,
  snapshotId,
  type VolumeId,
  volumeId,
} from '../../core/storage/volume-id.ts';
import type { ClusterRecords } from './cluster-records.ts';
import { requireSameVolume } from './content-source.ts';
import type { ImageStore } from './image-store.ts';
import type { MockCall } from './mock-call.ts';
import type { Pools } from './pools.ts';
import {
  type GroupRecord,
  type MockRecord,
  type SnapshotEntry,
  type SnapshotRecord,
  snapshotsOf,
  type VolumeRecord,
} from './record.ts';
import { untilUndisturbed } from './record-table.ts';
import { requireVolume } from './volumes.ts';

/** Snapshots, alone and in groups. They outlive their sources. */
export class Snapshots {
  constructor(
    private readonly records: ClusterRecords,
    private readonly images: ImageStore,
    private readonly pools: Pools,
    private readonly clock: Clock,
  ) {}

  create({ name, source }: SnapshotSpec, call: MockCall): Promise<Snapshot> {
    return untilUndisturbed(async () => {
      const slot = snapshotSlot(this.records.cluster, name);
      const existing = this.records.at(slot)?.record;
      if (existing) return this.view(requireSnapshotOf(existing, source));
      const volume = this.source(source);
      const entry = this.newEntry(slot, name, volume);
      const record: SnapshotRecord = { kind: 'snapshot', cluster: this.records.cluster, ...entry };
      await this.take(record, [volume], call);
      return this.view(record);
    });
  }

  createGroup({ name, sources }: GroupSnapshotSpec, call: MockCall): Promise<GroupSnapshot> {
    return untilUndisturbed(async () => {
      const { cluster } = this.records;
      const slot = groupSnapshotSlot(cluster, name);
      requireDistinctSources(name, sources);
      const existing = this.records.at(slot)?.record;
      if (existing) return this.viewGroup(requireGroupOf(existing, sources));
      const volumes = sources.map((source) => this.source(source));
      const members = volumes.map((volume) =>
        this.newEntry(memberSnapshotSlot(cluster, name, volume.slot), `${name}-${volume.slot}`, volume),
      );
      const createdAt = this.clock.now();
      const record: GroupRecord = { kind: 'group', slot, cluster, name, createdAt, members };
      await this.take(record, volumes, call);
      return this.viewGroup(record);
    });
  }

  delete(id: SnapshotId, call: MockCall): Promise<void> {
    return untilUndisturbed(async () => {
      this.requireNoMember(id);
      const handle = parseHandle(id);
      if (handle?.appliance !== this.records.appliance) return;
      const stored = this.records.at(handle.slot);
      // What keeps that slot is another thing, or another cluster's: no snapshot of ours.
      if (stored ? stored.record.kind === 'volume' : this.records.isTaken(handle.slot)) return;
      // Without a record too: a deletion that ended between the record and the image is finished here.
      const slots = stored ? snapshotsOf(stored.record).map(({ slot }) => slot) : [handle.slot];
      const after = async () => {
        for (const slot of slots) await this.images.removeSnapshot(slot);
      };
      const change = { slot: handle.slot, expect: stored?.revision, next: undefined, after };
      await this.records.commit(change, call);
    });
  }

  get(id: SnapshotId): Snapshot | undefined {
    return this.views().find((snapshot) => snapshot.id === id);
  }

  getGroup(id: SnapshotId): GroupSnapshot | undefined {
    const record = this.records.find(id)?.record;
    return record?.kind === 'group' ? this.viewGroup(record) : undefined;
  }

  list({ source }: SnapshotFilter, page: PageRequest): Page<Snapshot> {
    const all = this.views();
    return pageOf(source === undefined ? all : all.filter((snapshot) => snapshot.source === source), page);
  }

  /** All images and then the record, or none of them. */
  private async take(
    record: SnapshotRecord | GroupRecord,
    volumes: readonly VolumeRecord[],
    call: MockCall,
  ): Promise<void> {
    this.records.requireRoom(record);
    const requests = snapshotsOf(record).map(({ slot, source, sizeBytes }) => {
      return { slot, source: parseHandle(source)?.slot ?? '', sizeBytes };
    });
    const staged = await this.images.stageSnapshots(requests, call.signal);
    const admit = (all: () => readonly MockRecord[]) => {
      for (const volume of volumes) requireSameVolume(volume, all());
    };
    try {
      const before = () => staged.place();
      await this.records.commit({ slot: record.slot, expect: undefined, next: record, admit, before }, call);
    } finally {
      await staged.discard();
    }
  }

  /** @throws BackendError `not-found`, `unsupported` */
  private source(id: VolumeId): VolumeRecord {
    const { record } = requireVolume(this.records, id);
    if (this.pools.require(record.pool).capabilities.snapshots) return record;
    throw new BackendError(
      'unsupported',
      `volume ${id} is in pool ${record.pool}, which has no snapshots; keep it in a pool that has`,
    );
  }

  private newEntry(slot: string, name: string, volume: VolumeRecord): SnapshotEntry {
    const source = volumeId(this.records.appliance, volume.slot);
    const { capacityBytes: sizeBytes, pool } = volume;
    return { slot, name, source, sizeBytes, pool, createdAt: this.clock.now(), ...encryptionOf(volume) };
  }

  private requireNoMember(id: SnapshotId): void {
    const group = this.get(id)?.group;
    if (group === undefined) return;
    throw new BackendError('in-use', `snapshot ${id} belongs to group ${group}; delete the whole group`);
  }

  private views(): Snapshot[] {
    return this.records.snapshots().map(({ entry, record }) => {
      return this.view(entry, record.kind === 'group' ? record : undefined);
    });
  }

  private view(entry: SnapshotEntry, group?: GroupRecord): Snapshot {
    const { slot, name, source, sizeBytes, createdAt } = entry;
    const id = this.id(slot);
    const common = { id, name, source, sizeBytes, createdAt, ...encryptionOf(entry) };
    return group ? { ...common, group: this.id(group.slot) } : common;
  }

  private viewGroup(record: GroupRecord): GroupSnapshot {
    const { slot, name, createdAt, members } = record;
    return {
      id: this.id(slot),
      name,
      createdAt,
      snapshots: members.map((entry) => this.view(entry, record)),
    };
  }

  private id(slot: string): SnapshotId {
    return snapshotId(this.records.appliance, slot);
  }
}

function requireSnapshotOf(record: MockRecord, source: VolumeId): SnapshotRecord {
  if (record.kind === 'snapshot' && record.source === source) return record;
  const existing = record.kind === 'snapshot' ? `of volume ${record.source}` : `as a ${record.kind}`;
  throw new BackendError(
    'conflict',
    `snapshot ${JSON.stringify(record.name)} exists ${existing}, asked for is one of volume ${source}; use another name`,
  );
}

function requireGroupOf(record: MockRecord, sources: readonly VolumeId[]): GroupRecord {
  // The slot of a group is a hash of the kind, too: nothing else can stand there.
  if (record.kind !== 'group')
    throw new BackendError('conflict', `${record.slot} is a ${record.kind}, not a group`);
  requireSameSources(
    record.name,
    record.members.map(({ source }) => source),
    sources,
  );
  return record;
}
