import { MiB, TiB } from '../../core/bytes.ts';
import type { CallContext } from '../../core/call-context.ts';
import type { Clock } from '../../core/clock.ts';
import type { NqnNaming } from '../../core/storage/nqn.ts';
import type { Page, PageRequest } from '../../core/storage/page.ts';
import type { Pool } from '../../core/storage/pool.ts';
import type { Remains } from '../../core/storage/remains.ts';
import type {
  GroupSnapshot,
  GroupSnapshotSpec,
  Snapshot,
  SnapshotSpec,
} from '../../core/storage/snapshot.ts';
import type {
  BackendCapabilities,
  BackendHealth,
  DeleteGuard,
  SnapshotFilter,
  StorageBackend,
  UnpublishGuard,
} from '../../core/storage/storage-backend.ts';
import type { Export, PublishRequest, Volume, VolumeChange, VolumeSpec } from '../../core/storage/volume.ts';
import type { Epoch, NodeId, SnapshotId, VolumeId } from '../../core/storage/volume-id.ts';
import { ClusterRecords } from './cluster-records.ts';
import { Connection } from './connection.ts';
import { asBackendError } from './failure.ts';
import { FaultPlan, type Operation } from './fault-plan.ts';
import type { ImageStore } from './image-store.ts';
import type { MockCall } from './mock-call.ts';
import { type PoolConfig, Pools } from './pools.ts';
import { Publications } from './publications.ts';
import type { RecordStore } from './record-table.ts';
import { RemainsOfImages } from './remains.ts';
import { Snapshots } from './snapshots.ts';
import { Volumes } from './volumes.ts';

export interface MockBackendOptions {
  /** The appliance's name, the first part of every id. */
  readonly name: string;
  readonly clusterId: string;
  readonly nqnNaming: NqnNaming;
  readonly pools: readonly PoolConfig[];
  readonly records: RecordStore;
  /** `NoImages`, or a data folder's. */
  readonly images: ImageStore;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly faults?: FaultPlan;
  /** ms that each operation takes before it decides, and once more before it writes. */
  readonly latencyMs?: number | ((operation: Operation) => number);
  readonly capabilities?: Partial<BackendCapabilities>;
}

/**
 * Without fencing: a loop device that is still attached keeps its image open, whatever the record says. The number
 * of readers is that of the nodes of a small cluster.
 */
const DEFAULT_CAPABILITIES: BackendCapabilities = {
  fencing: false,
  minVolumeBytes: MiB,
  maxVolumeBytes: 16n * TiB,
  granularityBytes: MiB,
  maxWriters: 2,
  maxReaders: 8,
};

/** An appliance that is made of records and image files: the embedded default, and the tests' double. */
export class MockBackend implements StorageBackend {
  readonly name: string;
  readonly capabilities: BackendCapabilities;
  private readonly connection: Connection;
  private readonly faults: FaultPlan;
  private readonly poolTable: Pools;
  private readonly records: ClusterRecords;
  private readonly volumes: Volumes;
  private readonly publications: Publications;
  private readonly snapshots: Snapshots;
  private readonly remains: RemainsOfImages;

  constructor(private readonly options: MockBackendOptions) {
    const { name, clusterId, images, clock, nqnNaming, random } = options;
    this.name = name;
    this.capabilities = { ...DEFAULT_CAPABILITIES, ...options.capabilities };
    this.connection = new Connection(name, clock);
    this.faults = options.faults ?? new FaultPlan();
    this.poolTable = new Pools(options.pools);
    this.records = new ClusterRecords(options.records, this.poolTable, name, clusterId);
    this.volumes = new Volumes(this.records, images, this.poolTable, this.capabilities);
    const newEpoch = () => Buffer.from(random(8)).toString('hex') as Epoch;
    this.publications = new Publications(this.records, images, nqnNaming, this.capabilities, newEpoch);
    this.snapshots = new Snapshots(this.records, images, this.poolTable, clock);
    this.remains = new RemainsOfImages(this.records, images, clock);
  }

  /** From now on the appliance does not answer. */
  disconnect(reason: string): void {
    this.connection.disconnect(reason);
  }

  reconnect(): void {
    this.connection.reconnect();
  }

  health(): BackendHealth {
    return this.connection.health();
  }

  pools(context: CallContext): Promise<readonly Pool[]> {
    return this.operate('pools', [], context, async () => this.poolTable.list());
  }

  createVolume(spec: VolumeSpec, context: CallContext): Promise<Volume> {
    return this.operate('createVolume', [spec.name], context, (call) => this.volumes.create(spec, call));
  }

  deleteVolume(id: VolumeId, context: CallContext, guard?: DeleteGuard): Promise<void> {
    return this.operate('deleteVolume', [id], context, (call) => this.volumes.delete(id, call, guard));
  }

  getVolume(id: VolumeId, context: CallContext): Promise<Volume | undefined> {
    return this.operate('getVolume', [id], context, () => this.volumes.get(id));
  }

  listVolumes(page: PageRequest, context: CallContext): Promise<Page<Volume>> {
    return this.operate('listVolumes', [], context, () => this.volumes.list(page));
  }

  expandVolume(id: VolumeId, bytes: bigint, context: CallContext): Promise<Volume> {
    return this.operate('expandVolume', [id], context, (call) => this.volumes.expand(id, bytes, call));
  }

  modifyVolume(id: VolumeId, change: VolumeChange, context: CallContext): Promise<Volume> {
    return this.operate('modifyVolume', [id], context, (call) => this.volumes.modify(id, change, call));
  }

  publishVolume(id: VolumeId, claim: PublishRequest, context: CallContext): Promise<Export> {
    return this.operate('publishVolume', [id], context, (call) => this.publications.publish(id, claim, call));
  }

  unpublishVolume(
    id: VolumeId,
    node: NodeId | 'all',
    guard: UnpublishGuard,
    context: CallContext,
  ): Promise<void> {
    return this.operate('unpublishVolume', [id], context, (call) =>
      this.publications.unpublish(id, node, guard, call),
    );
  }

  createSnapshot(spec: SnapshotSpec, context: CallContext): Promise<Snapshot> {
    return this.operate('createSnapshot', [spec.name], context, (call) => this.snapshots.create(spec, call));
  }

  createGroupSnapshot(spec: GroupSnapshotSpec, context: CallContext): Promise<GroupSnapshot> {
    return this.operate('createGroupSnapshot', [spec.name], context, (call) =>
      this.snapshots.createGroup(spec, call),
    );
  }

  deleteSnapshot(id: SnapshotId, context: CallContext): Promise<void> {
    return this.operate('deleteSnapshot', [id], context, (call) => this.snapshots.delete(id, call));
  }

  getSnapshot(id: SnapshotId, context: CallContext): Promise<Snapshot | undefined> {
    return this.operate('getSnapshot', [id], context, async () => this.snapshots.get(id));
  }

  getGroupSnapshot(id: SnapshotId, context: CallContext): Promise<GroupSnapshot | undefined> {
    return this.operate('getGroupSnapshot', [id], context, async () => this.snapshots.getGroup(id));
  }

  listSnapshots(filter: SnapshotFilter, page: PageRequest, context: CallContext): Promise<Page<Snapshot>> {
    return this.operate('listSnapshots', [], context, async () => this.snapshots.list(filter, page));
  }

  listRemains(context: CallContext): Promise<readonly Remains[]> {
    return this.operate('listRemains', [], context, () => this.remains.list());
  }

  removeRemains(id: VolumeId, context: CallContext): Promise<void> {
    return this.operate('removeRemains', [id], context, (call) => this.remains.remove(id, call));
  }

  /** Closes the record store with it, which gives a data folder free. */
  async close(): Promise<void> {
    this.connection.close();
    await this.options.records.close();
  }

  /** What every operation goes through: signal, connection, latency, faults, and errors of the port's kind. */
  private async operate<T>(
    operation: Operation,
    subjects: readonly string[],
    { signal }: CallContext,
    work: (call: MockCall) => Promise<T>,
  ): Promise<T> {
    try {
      const call = { signal, pause: () => this.pause(operation, signal) };
      this.connection.require();
      const fault = this.faults.meet(operation, subjects);
      await call.pause();
      const result = await work(call);
      fault.after();
      return result;
    } catch (error) {
      throw asBackendError(error, operation, signal);
    }
  }

  private async pause(operation: Operation, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { latencyMs = 0 } = this.options;
    const ms = typeof latencyMs === 'number' ? latencyMs : latencyMs(operation);
    if (ms > 0) await this.options.clock.sleep(ms, signal);
    this.connection.require();
  }
}
