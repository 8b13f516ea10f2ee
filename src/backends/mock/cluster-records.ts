import { parseHandle, type SnapshotId, type VolumeId } from '../../core/storage/volume-id.ts';
import type { MockCall } from './mock-call.ts';
import type { Pools } from './pools.ts';
import { type MockRecord, type SnapshotEntry, snapshotsOf, type VolumeRecord } from './record.ts';
import type { Commit, RecordStore, Stored } from './record-table.ts';

/** The records of one cluster on this appliance; those of others are counted for capacity and never shown. */
export class ClusterRecords {
  constructor(
    private readonly store: RecordStore,
    private readonly pools: Pools,
    readonly appliance: string,
    readonly cluster: string,
  ) {
    store.watch((before, after) => pools.replace(before, after));
  }

  /** What our cluster keeps in a slot, of any kind. */
  at(slot: string): Stored | undefined {
    const stored = this.store.get(slot);
    return stored?.record.cluster === this.cluster ? stored : undefined;
  }

  /** Whether any cluster keeps anything in a slot. */
  isTaken(slot: string): boolean {
    return this.store.get(slot) !== undefined;
  }

  /** The record behind an id; undefined too for ids that are not of this appliance, or no ids at all. */
  find(id: VolumeId | SnapshotId): Stored | undefined {
    const handle = parseHandle(id);
    return handle?.appliance === this.appliance ? this.at(handle.slot) : undefined;
  }

  volume(id: VolumeId): Stored<VolumeRecord> | undefined {
    const stored = this.find(id);
    return stored && isVolume(stored) ? stored : undefined;
  }

  /** Sorted by slot, and so by id. */
  volumes(): VolumeRecord[] {
    return this.own().filter((record) => record.kind === 'volume');
  }

  /** All snapshots, alone or in groups, sorted by slot. */
  snapshots(): { readonly entry: SnapshotEntry; readonly record: MockRecord }[] {
    return this.own()
      .flatMap((record) => snapshotsOf(record).map((entry) => ({ entry, record })))
      .sort((a, b) => (a.entry.slot < b.entry.slot ? -1 : 1));
  }

  /** Says early what {@link commit} would say late. @throws BackendError `exhausted` */
  requireRoom(next: MockRecord): void {
    this.pools.admit(next, this.store.get(next.slot)?.record);
  }

  /** Compare and set, if the pools have room. The call's latency lies between the decision and the write. */
  async commit(change: Commit, call: MockCall): Promise<void> {
    await call.pause();
    const { next } = change;
    const admit = (all: () => readonly MockRecord[]) => {
      if (next) this.pools.admit(next, this.store.get(change.slot)?.record);
      change.admit?.(all);
    };
    await this.store.commit({ ...change, admit }, call.signal);
  }

  private own(): MockRecord[] {
    const records = this.store.list().map(({ record }) => record);
    return records.filter(({ cluster }) => cluster === this.cluster);
  }
}

const isVolume = (stored: Stored): stored is Stored<VolumeRecord> => stored.record.kind === 'volume';
