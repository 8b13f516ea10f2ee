import { MiB, TiB } from '../../core/bytes.ts';
import type { CallContext } from '../../core/call-context.ts';
import { DriverError } from '../../core/driver-error.ts';
import { inSpan } from '../../core/observe/spans.ts';
import { BackendError } from '../../core/storage/backend-error.ts';
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
import type { NodeId, SnapshotId, VolumeId } from '../../core/storage/volume-id.ts';
import type { ApplianceFacts } from './conversation/facts.ts';
import { type Operations, openOperations } from './operations/operations.ts';
import type { RouterosBackendOptions } from './routeros-options.ts';
import type { Appliance } from './ssh/appliance.ts';

/** Records of more readers do not fit into a comment, even with short node names. */
const DEFAULT_CAPABILITIES: BackendCapabilities = {
  fencing: true,
  minVolumeBytes: MiB,
  maxVolumeBytes: 64n * TiB,
  granularityBytes: MiB,
  maxWriters: 2,
  maxReaders: 8,
};

/** A ROSE Data Server with RouterOS, spoken to over SSH. The appliance is the only store: nothing is kept here. */
export class RouterosBackend implements StorageBackend {
  readonly name: string;
  readonly capabilities: BackendCapabilities;
  private readonly appliance: Appliance<ApplianceFacts>;
  private readonly operations: Operations;

  constructor(options: RouterosBackendOptions) {
    this.name = options.name;
    this.appliance = options.appliance;
    this.capabilities = { ...DEFAULT_CAPABILITIES, ...options.capabilities };
    this.operations = openOperations(options, this.capabilities);
  }

  health(): BackendHealth {
    return this.appliance.health();
  }

  pools(context: CallContext): Promise<readonly Pool[]> {
    return operate('pools', context, () => this.operations.pools.list(context));
  }

  createVolume(spec: VolumeSpec, context: CallContext): Promise<Volume> {
    return operate('createVolume', context, () => this.operations.create.run(spec, context));
  }

  deleteVolume(id: VolumeId, context: CallContext, guard?: DeleteGuard): Promise<void> {
    return operate('deleteVolume', context, () => this.operations.delete.run(id, context, guard));
  }

  getVolume(id: VolumeId, context: CallContext): Promise<Volume | undefined> {
    return operate('getVolume', context, () => this.operations.get.run(id, context));
  }

  listVolumes(page: PageRequest, context: CallContext): Promise<Page<Volume>> {
    return operate('listVolumes', context, () => this.operations.list.run(page, context));
  }

  expandVolume(id: VolumeId, bytes: bigint, context: CallContext): Promise<Volume> {
    return operate('expandVolume', context, () => this.operations.change.expand(id, bytes, context));
  }

  modifyVolume(id: VolumeId, change: VolumeChange, context: CallContext): Promise<Volume> {
    return operate('modifyVolume', context, () => this.operations.change.modify(id, change, context));
  }

  publishVolume(id: VolumeId, claim: PublishRequest, context: CallContext): Promise<Export> {
    return operate('publishVolume', context, () => this.operations.publications.publish(id, claim, context));
  }

  unpublishVolume(
    id: VolumeId,
    node: NodeId | 'all',
    guard: UnpublishGuard,
    context: CallContext,
  ): Promise<void> {
    return operate('unpublishVolume', context, () =>
      this.operations.publications.unpublish(id, node, guard, context),
    );
  }

  createSnapshot(spec: SnapshotSpec, context: CallContext): Promise<Snapshot> {
    return operate('createSnapshot', context, () => this.operations.snapshots.create(spec, context));
  }

  createGroupSnapshot(spec: GroupSnapshotSpec, context: CallContext): Promise<GroupSnapshot> {
    return operate('createGroupSnapshot', context, () => this.operations.groups.create(spec, context));
  }

  deleteSnapshot(id: SnapshotId, context: CallContext): Promise<void> {
    return operate('deleteSnapshot', context, () => this.operations.snapshots.delete(id, context));
  }

  getSnapshot(id: SnapshotId, context: CallContext): Promise<Snapshot | undefined> {
    return operate('getSnapshot', context, () => this.operations.snapshots.get(id, context));
  }

  getGroupSnapshot(id: SnapshotId, context: CallContext): Promise<GroupSnapshot | undefined> {
    return operate('getGroupSnapshot', context, () => this.operations.groups.get(id, context));
  }

  listSnapshots(filter: SnapshotFilter, page: PageRequest, context: CallContext): Promise<Page<Snapshot>> {
    return operate('listSnapshots', context, () => this.operations.snapshots.list(filter, page, context));
  }

  listRemains(context: CallContext): Promise<readonly Remains[]> {
    return operate('listRemains', context, () => this.operations.remains.list(context));
  }

  removeRemains(id: VolumeId, context: CallContext): Promise<void> {
    return operate('removeRemains', context, () => this.operations.remains.remove(id, context));
  }

  close(): Promise<void> {
    return this.appliance.close();
  }
}

/** What every operation goes through: nothing is begun for a caller who has gone, and errors are of the port's kind. */
async function operate<T>(operation: string, { signal }: CallContext, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  try {
    return await inSpan(operation, {}, work);
  } catch (error) {
    if (error instanceof DriverError || (signal.aborted && error === signal.reason)) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new BackendError('protocol', `${operation}: the backend failed: ${message}`, { cause: error });
  }
}
