import type { CsiClient } from '../../../src/core/csi/client.ts';
import {
  ControllerExpandVolumeRequest,
  ControllerPublishVolumeRequest,
  CreateVolumeRequest,
  type VolumeCapability,
} from '../../../src/core/csi/generated/csi.ts';
import { decodePublishContext } from '../../../src/core/csi/publish-context.ts';
import type { Export } from '../../../src/core/storage/volume.ts';
import { parseHandle, type VolumeId, volumeId } from '../../../src/core/storage/volume-id.ts';
import { NODE_NAME, type UsableVolume } from './node.ts';

interface Wish {
  readonly name: string;
  readonly bytes: bigint;
  readonly capability: VolumeCapability;
  /** Of a StorageClass. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** A volume that the driver's own controller made, published to the node as the attacher would. */
export class CsiVolume implements UsableVolume {
  #target: Export | undefined;

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
      }),
    );
    const handle = volume && parseHandle(volume.volumeId);
    if (!handle) throw new Error(`CreateVolume gave the id '${volume?.volumeId}'`);
    return new CsiVolume(controller, volumeId(handle.appliance, handle.slot), volume.volumeContext);
  }

  /** The last publication's. */
  get target(): Export {
    if (this.#target) return this.#target;
    throw new Error(`${this.id} was never published`);
  }

  async publish(volumeCapability: VolumeCapability, nodeId = NODE_NAME): Promise<Export> {
    const { publishContext } = await this.controller.controllerPublishVolume(
      ControllerPublishVolumeRequest.fromPartial({
        volumeId: this.id,
        nodeId,
        volumeCapability,
        volumeContext: this.context,
      }),
    );
    this.#target = decodePublishContext(publishContext);
    return this.#target;
  }

  unpublish(nodeId = NODE_NAME): Promise<unknown> {
    return this.controller.controllerUnpublishVolume({ volumeId: this.id, nodeId, secrets: {} });
  }

  grow(requiredBytes: bigint): Promise<unknown> {
    return this.controller.controllerExpandVolume(
      ControllerExpandVolumeRequest.fromPartial({ volumeId: this.id, capacityRange: { requiredBytes } }),
    );
  }

  delete(): Promise<unknown> {
    return this.controller.deleteVolume({ volumeId: this.id, secrets: {} });
  }
}
