import { status } from '@grpc/grpc-js';
import { formatBytes, MiB } from '../../core/bytes.ts';
import type { CsiClient } from '../../core/csi/client.ts';
import {
  ControllerExpandVolumeRequest,
  ControllerPublishVolumeRequest,
  CreateVolumeRequest,
  type VolumeCapability,
  VolumeCapability_AccessMode_Mode,
  type VolumeContentSource,
} from '../../core/csi/generated/csi.ts';
import { demand, demandRefusal, type Steps } from './steps.ts';

export const DEMO_NODE = 'demo-node';
/** The least that mkfs.xfs accepts is 300 MiB; images are sparse, so nothing of it is written. */
export const SMALL = 320n * MiB;
export const LARGE = 640n * MiB;

const accessMode = { mode: VolumeCapability_AccessMode_Mode.SINGLE_NODE_WRITER };

export const fileSystem = (fsType: string): VolumeCapability => ({
  accessType: { $case: 'mount', mount: { fsType, mountFlags: ['noatime'], volumeMountGroup: '' } },
  accessMode,
});
export const RAW_BLOCK: VolumeCapability = { accessType: { $case: 'block', block: {} }, accessMode };

/** The controller's half of a volume's life, as the sidecars of Kubernetes walk it. */
export class VolumeWalk {
  volumeId = '';
  publishContext: Record<string, string> = {};

  constructor(
    private readonly steps: Steps,
    private readonly csi: CsiClient,
    private readonly name: string,
    readonly capability: VolumeCapability,
    /** What it begins with; undefined: nothing. */
    readonly from?: VolumeContentSource['type'],
  ) {}

  create(): Promise<void> {
    const request = CreateVolumeRequest.fromPartial({
      name: this.name,
      capacityRange: { requiredBytes: SMALL },
      volumeCapabilities: [this.capability],
      ...(this.from && { volumeContentSource: { type: this.from } }),
    });
    const what = this.from ? ` from a ${this.from.$case}` : `, ${formatBytes(SMALL)}`;
    return this.steps.step(`create ${this.name}${what}`, async () => {
      const first = await this.csi.controller.createVolume(request);
      this.volumeId = first.volume?.volumeId ?? '';
      const again = await this.csi.controller.createVolume(request);
      demand(again.volume?.volumeId === this.volumeId, 'the same name gave another volume');
      demand(first.volume?.capacityBytes === SMALL, 'the size is not exact');
      return `${this.volumeId}; asked twice, made once`;
    });
  }

  publish(): Promise<void> {
    const request = ControllerPublishVolumeRequest.fromPartial({
      volumeId: this.volumeId,
      nodeId: DEMO_NODE,
      volumeCapability: this.capability,
    });
    return this.steps.step(`publish to ${DEMO_NODE}`, async () => {
      const { publishContext } = await this.csi.controller.controllerPublishVolume(request);
      this.publishContext = publishContext;
      await demandRefusal(this.callDelete(), status.FAILED_PRECONDITION, 'deleting a published volume');
      return 'exported under a new epoch; deleting it now is refused';
    });
  }

  expand(): Promise<void> {
    const request = ControllerExpandVolumeRequest.fromPartial({
      volumeId: this.volumeId,
      capacityRange: { requiredBytes: LARGE },
    });
    return this.steps.step(`expand to ${formatBytes(LARGE)}`, async () => {
      const { capacityBytes } = await this.csi.controller.controllerExpandVolume(request);
      demand(capacityBytes === LARGE, `the volume has ${capacityBytes} bytes`);
      return 'the image has the new size exactly';
    });
  }

  unpublish(): Promise<void> {
    return this.steps.step(`unpublish from ${DEMO_NODE}`, async () => {
      await this.callUnpublish();
      await this.callUnpublish();
      return 'the export is gone; asked twice, no error';
    });
  }

  delete(): Promise<void> {
    return this.steps.step(`delete ${this.name}`, async () => {
      await this.callDelete();
      await this.callDelete();
      const { entries } = await this.csi.controller.listVolumes({ maxEntries: 0, startingToken: '' });
      demand(!entries.some(({ volume }) => volume?.volumeId === this.volumeId), 'it is still listed');
      return 'no longer listed; asked twice, no error';
    });
  }

  /** What is left to undo after a failure, whatever was reached. */
  async undo(): Promise<void> {
    if (this.volumeId === '') return;
    await this.callUnpublish();
    await this.callDelete();
  }

  private callUnpublish(): Promise<unknown> {
    const request = { volumeId: this.volumeId, nodeId: DEMO_NODE, secrets: {} };
    return this.csi.controller.controllerUnpublishVolume(request);
  }

  private callDelete(): Promise<unknown> {
    return this.csi.controller.deleteVolume({ volumeId: this.volumeId, secrets: {} });
  }
}
