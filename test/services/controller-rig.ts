import { randomBytes } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { FaultPlan } from '../../src/backends/mock/fault-plan.ts';
import { NoImages } from '../../src/backends/mock/image-store.ts';
import { MemoryPersistence } from '../../src/backends/mock/memory-persistence.ts';
import { MockBackend, type MockBackendOptions } from '../../src/backends/mock/mock-backend.ts';
import type { PoolConfig } from '../../src/backends/mock/pools.ts';
import { RecordTable } from '../../src/backends/mock/record-table.ts';
import { GiB, MiB } from '../../src/core/bytes.ts';
import { detachedContext } from '../../src/core/call-context.ts';
import { SystemClock } from '../../src/core/clock.ts';
import { CsiError } from '../../src/core/csi/csi-error.ts';
import {
  ControllerPublishVolumeRequest,
  CreateSnapshotRequest,
  CreateVolumeGroupSnapshotRequest,
  CreateVolumeRequest,
  ListSnapshotsRequest,
  VolumeCapability_AccessMode_Mode as Mode,
  type VolumeCapability,
} from '../../src/core/csi/generated/csi.ts';
import type { ControllerHandlers, GroupControllerHandlers, Handler } from '../../src/core/csi/handlers.ts';
import { controllerHandlers } from '../../src/core/services/controller/controller.ts';
import { LocalNode, VolumeCount } from '../../src/core/services/controller/controller-deps.ts';
import { Placement } from '../../src/core/services/controller/placement.ts';
import { groupControllerHandlers } from '../../src/core/services/group-controller/group-controller.ts';
import { Fleet } from '../../src/core/storage/fleet.ts';
import { nodeIdFor } from '../../src/core/storage/node-id.ts';
import { NqnNaming } from '../../src/core/storage/nqn.ts';
import { groupSnapshotSlot, snapshotSlot } from '../../src/core/storage/snapshot-slot.ts';
import type { StorageBackend } from '../../src/core/storage/storage-backend.ts';
import { slotFor } from '../../src/core/storage/volume-id.ts';

export const NODE = 'node-a';

/** Some fields of a message, as its generated `fromPartial` takes them. */
export type Change<Message extends { fromPartial: (fields: never) => unknown }> = Parameters<
  Message['fromPartial']
>[0];

export const mount = (mode: Mode): VolumeCapability => ({
  accessType: { $case: 'mount', mount: { fsType: 'ext4', mountFlags: [], volumeMountGroup: '' } },
  accessMode: { mode },
});
export const block = (mode: Mode): VolumeCapability => ({
  accessType: { $case: 'block', block: {} },
  accessMode: { mode },
});

/** Calls a handler that must be there. */
export function call<Request, Response>(handler: Handler<Request, Response> | undefined, request: Request) {
  if (!handler) throw new Error('there is no such handler');
  return handler(request, detachedContext(AbortSignal.timeout(60_000)));
}

/** The code and text that a refused call is answered with. */
export async function refusal(answer: Promise<unknown>): Promise<{ code: status; message: string }> {
  const error = await answer.then(
    () => new CsiError(status.OK, ''),
    (thrown: unknown) => CsiError.from(thrown),
  );
  return { code: error.code, message: error.message };
}

/** What a snapshot begins. */
export const fromSnapshot = (snapshotId: string): Change<typeof CreateVolumeRequest> => ({
  volumeContentSource: { type: { $case: 'snapshot', snapshot: { snapshotId } } },
});
/** What a clone begins with. */
export const fromVolume = (volumeId: string): Change<typeof CreateVolumeRequest> => ({
  volumeContentSource: { type: { $case: 'volume', volume: { volumeId } } },
});

/** The handlers of both controllers over a backend of this cluster. */
export function controllersOver(backends: readonly StorageBackend[], clusterId: string) {
  const fleet = new Fleet(backends);
  const volumeCount = new VolumeCount();
  const nodes = new LocalNode(nodeIdFor(NODE));
  const driverName = 'rose-csi.io';
  const slotOf = (name: string) => groupSnapshotSlot(clusterId, name);
  return {
    volumeCount,
    controller: controllerHandlers({
      ...{ fleet, nodes, driverName, volumeCount },
      placement: new Placement({ fleet, driverName, slotOf: (name) => slotFor(clusterId, name) }),
      snapshotSlotOf: (name) => snapshotSlot(clusterId, name),
    }),
    groupController: groupControllerHandlers({ fleet, driverName, slotOf }),
  };
}

/** A mock in memory. */
export const mockOptions = async (change: Pick<MockBackendOptions, 'pools' | 'latencyMs'>) => ({
  name: 'rds',
  clusterId: 'test',
  nqnNaming: new NqnNaming('nqn.2026-11.io.rose-csi'),
  records: await RecordTable.open(new MemoryPersistence()),
  images: new NoImages('/exports'),
  faults: new FaultPlan(),
  clock: new SystemClock(),
  random: (bytes: number): Uint8Array => randomBytes(bytes),
  ...change,
});

/**
 * The handlers of both controllers over a mock with three pools: main (10 GiB), plain (1 GiB, neither snapshots nor
 * clones) and small (1 GiB, compresses).
 */
export class ControllerRig {
  private constructor(
    readonly backend: MockBackend,
    readonly handlers: ControllerHandlers,
    readonly group: GroupControllerHandlers,
    readonly count: VolumeCount,
  ) {}

  static async open(): Promise<ControllerRig> {
    const pools: PoolConfig[] = [
      { name: 'main', capacityBytes: 10n * GiB, capabilities: { compression: false } },
      { name: 'plain', capacityBytes: GiB, capabilities: { snapshots: false, clones: 'none' } },
      { name: 'small', capacityBytes: GiB, capabilities: { compression: true } },
    ];
    const options = await mockOptions({ pools });
    const backend = new MockBackend(options);
    const { controller, groupController, volumeCount } = controllersOver([backend], options.clusterId);
    return new ControllerRig(backend, controller, groupController, volumeCount);
  }

  create(name: string, change: Change<typeof CreateVolumeRequest> = {}) {
    return call(
      this.handlers.createVolume,
      CreateVolumeRequest.fromPartial({
        name,
        capacityRange: { requiredBytes: 8n * MiB },
        volumeCapabilities: [mount(Mode.SINGLE_NODE_WRITER)],
        ...change,
      }),
    );
  }

  /** The id of a created volume. */
  async created(name: string, change: Change<typeof CreateVolumeRequest> = {}): Promise<string> {
    return (await this.create(name, change)).volume?.volumeId ?? '';
  }

  async snapshot(name: string, sourceVolumeId: string, change: Change<typeof CreateSnapshotRequest> = {}) {
    const request = CreateSnapshotRequest.fromPartial({ name, sourceVolumeId, ...change });
    const { snapshot } = await call(this.handlers.createSnapshot, request);
    if (!snapshot) throw new Error('no snapshot in the answer');
    return snapshot;
  }

  /** Of what is published, too, unless the parameters say otherwise. */
  async groupSnapshot(
    name: string,
    sourceVolumeIds: string[],
    parameters: Record<string, string> = { consistency: 'member' },
  ) {
    const request = CreateVolumeGroupSnapshotRequest.fromPartial({ name, sourceVolumeIds, parameters });
    const { groupSnapshot } = await call(this.group.createVolumeGroupSnapshot, request);
    if (!groupSnapshot) throw new Error('no group snapshot in the answer');
    return groupSnapshot;
  }

  /** The ids of all snapshots that there are. */
  async snapshotIds(change: Change<typeof ListSnapshotsRequest> = {}): Promise<string[]> {
    const { entries } = await call(this.handlers.listSnapshots, ListSnapshotsRequest.fromPartial(change));
    return entries.map(({ snapshot }) => snapshot?.snapshotId ?? '');
  }

  publish(volumeId: string, change: Change<typeof ControllerPublishVolumeRequest> = {}) {
    return call(
      this.handlers.controllerPublishVolume,
      ControllerPublishVolumeRequest.fromPartial({
        volumeId,
        nodeId: NODE,
        volumeCapability: mount(Mode.SINGLE_NODE_WRITER),
        ...change,
      }),
    );
  }
}
