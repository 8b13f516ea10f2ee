import { randomBytes } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { FaultPlan } from '../../src/backends/mock/fault-plan.ts';
import { NoImages } from '../../src/backends/mock/image-store.ts';
import { MemoryPersistence } from '../../src/backends/mock/memory-persistence.ts';
import { MockBackend } from '../../src/backends/mock/mock-backend.ts';
import { RecordTable } from '../../src/backends/mock/record-table.ts';
import { GiB, MiB } from '../../src/core/bytes.ts';
import { detachedContext } from '../../src/core/call-context.ts';
import { SystemClock } from '../../src/core/clock.ts';
import { CsiError } from '../../src/core/csi/csi-error.ts';
import {
  ControllerPublishVolumeRequest,
  CreateVolumeRequest,
  VolumeCapability_AccessMode_Mode as Mode,
  type VolumeCapability,
} from '../../src/core/csi/generated/csi.ts';
import type { ControllerHandlers, Handler } from '../../src/core/csi/handlers.ts';
import { controllerHandlers } from '../../src/core/services/controller/controller.ts';
import { LocalNode, VolumeCount } from '../../src/core/services/controller/controller-deps.ts';
import { nodeIdFor } from '../../src/core/storage/node-id.ts';
import { NqnNaming } from '../../src/core/storage/nqn.ts';

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

/** The controller's handlers over a mock with two pools: main (10 GiB) and small (1 GiB, compresses). */
export class ControllerRig {
  private constructor(
    readonly backend: MockBackend,
    readonly handlers: ControllerHandlers,
    readonly count: VolumeCount,
  ) {}

  static async open(): Promise<ControllerRig> {
    const backend = new MockBackend({
      name: 'rds',
      clusterId: 'test',
      nqnNaming: new NqnNaming('nqn.2026-11.io.rose-csi'),
      pools: [
        { name: 'main', capacityBytes: 10n * GiB },
        { name: 'small', capacityBytes: GiB, capabilities: { compression: true } },
      ],
      records: await RecordTable.open(new MemoryPersistence()),
      images: new NoImages('/exports'),
      faults: new FaultPlan(),
      clock: new SystemClock(),
      random: (bytes) => randomBytes(bytes),
    });
    const volumeCount = new VolumeCount();
    const nodes = new LocalNode(nodeIdFor(NODE));
    const handlers = controllerHandlers({ backend, nodes, driverName: 'rose-csi.io', volumeCount });
    return new ControllerRig(backend, handlers, volumeCount);
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
