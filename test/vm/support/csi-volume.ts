import type { CsiClient } from '../../../src/core/csi/client.ts';
import {
  ControllerExpandVolumeRequest,
  ControllerPublishVolumeRequest,
  CreateVolumeRequest,
  type VolumeCapability,
  type VolumeContentSource,
} from '../../../src/core/csi/generated/csi.ts';
import { decodePublishContext } from '../../../src/core/csi/publish-context.ts';
import { parseHandle, type VolumeId, volumeId } from '../../../src/core/storage/volume-id.ts';
import type { NvmeExport } from '../../../src/node/transports/nvme/connections.ts';
import { NODE_NAME, type Node, type NodeVolume } from './node.ts';
import { PATIENCE_MS } from './patience.ts';
import type { UsableVolume } from './volume-calls.ts';

interface Wish {
  readonly name: string;
  readonly bytes: bigint;
  readonly capability: VolumeCapability;
  /** Of a StorageClass. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** A snapshot, or another volume. */
  readonly source?: { readonly snapshotId: string } | { readonly volumeId: string };
}

/** A volume that the driver's own controller made, published to the node as the attacher would. */
export class CsiVolume implements UsableVolume {
  #target: NvmeExport | undefined;

  private constructor(
    private readonly controller: CsiClient['controller'],
    readonly id: VolumeId,
    readonly context: Readonly<Record<string, string>>,
  ) {}

  static async create(controller: CsiClient['controller'], wish: Wish): Promise<CsiVolume> {
    const { volume } = await controller.createVolume(
      CreateVolumeRequest.fromPartial({
        name: wish.name,
        capacityRange: { requiredBytes: wish.bytes },
        volumeCapabilities: [wish.capability],
        parameters: wish.parameters ?? {},
        ...(wish.source && { volumeContentSource: contentSource(wish.source) }),
      }),
    );
    const handle = volume && parseHandle(volume.volumeId);
    if (!handle) throw new Error(`CreateVolume gave the id '${volume?.volumeId}'`);
    return new CsiVolume(controller, volumeId(handle.appliance, handle.slot), volume.volumeContext);
  }

  /** The last publication's. */
  get target(): NvmeExport {
    if (this.#target) return this.#target;
    throw new Error(`${this.id} was never published`);
  }

  async publish(volumeCapability: VolumeCapability, nodeId = NODE_NAME): Promise<NvmeExport> {
    const { publishContext } = await this.controller.controllerPublishVolume(
      ControllerPublishVolumeRequest.fromPartial({
        volumeId: this.id,
        nodeId,
        volumeCapability,
        volumeContext: this.context,
      }),
    );
    const target = decodePublishContext(publishContext);
    if (target.transport !== 'nvme-tcp') throw new Error(`${this.id} is exported over ${target.transport}`);
    this.#target = target;
    return target;
  }

  unpublish(nodeId = NODE_NAME, timeoutMs = PATIENCE_MS): Promise<unknown> {
    const request = { volumeId: this.id, nodeId, secrets: {} };
    return this.controller.controllerUnpublishVolume(request, timeoutMs);
  }

  grow(requiredBytes: bigint): Promise<unknown> {
    return this.controller.controllerExpandVolume(
      ControllerExpandVolumeRequest.fromPartial({ volumeId: this.id, capacityRange: { requiredBytes } }),
    );
  }

  /** @returns the snapshot's id */
  async snapshot(name: string): Promise<string> {
    const request = {
      sourceVolumeId: this.id,
      name,
      secrets: {},
      parameters: {},
      accessibilityRequirements: undefined,
    };
    const { snapshot } = await this.controller.createSnapshot(request);
    return snapshot?.snapshotId ?? '';
  }

  delete(): Promise<unknown> {
    return this.controller.deleteVolume({ volumeId: this.id, secrets: {} });
  }
}

function contentSource(source: NonNullable<Wish['source']>): VolumeContentSource {
  return 'snapshotId' in source
    ? { type: { $case: 'snapshot', snapshot: source } }
    : { type: { $case: 'volume', volume: source } };
}

/** Publishes the volume, to where a pod would write. */
export async function begin(
  node: Node,
  volume: CsiVolume,
  capability: VolumeCapability,
): Promise<NodeVolume<CsiVolume>> {
  await volume.publish(capability);
  const used = node.use(volume, capability);
  await used.stage();
  await used.publish();
  return used;
}

/** Takes it from the node again. */
export async function end(used: NodeVolume<CsiVolume>): Promise<void> {
  await used.unpublish();
  await used.unstage();
  await used.volume.unpublish();
}
