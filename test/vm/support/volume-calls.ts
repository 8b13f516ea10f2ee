import { join } from 'node:path';
import type { CsiClient } from '../../../src/core/csi/client.ts';
import type { VolumeCapability } from '../../../src/core/csi/generated/csi.ts';
import type { Export } from '../../../src/core/storage/volume.ts';
import type { VolumeId } from '../../../src/core/storage/volume-id.ts';
import { publishRequest, stageRequest } from '../../support/node/node-requests.ts';
import { PATIENCE_MS } from './patience.ts';

/** What a node's calls need to know of a volume, wherever it is. */
export interface UsableVolume {
  readonly id: VolumeId;
  /** Its current export. */
  readonly target: Export;
  /** As CreateVolume gave it. */
  readonly context?: Readonly<Record<string, string>>;
  /** Of the stage secret. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** A driver, on whatever guest it runs. */
interface Driver {
  /** Where it runs: what belongs to it lies below. */
  readonly folder: string;
  readonly client: CsiClient['node'];
}

/** One volume's calls on a node, as kubelet makes them. */
export class VolumeCalls<Volume extends UsableVolume = UsableVolume> {
  readonly staging: string;
  readonly published: string;

  constructor(
    readonly node: Driver,
    readonly volume: Volume,
    readonly capability: VolumeCapability,
    pod = '',
  ) {
    const name = volume.id.replace('/', '-');
    this.staging = join(node.folder, 'staging', name);
    this.published = join(node.folder, 'pods', name + pod);
  }

  stage(timeoutMs = PATIENCE_MS) {
    return this.node.client.nodeStageVolume(this.#staged(), timeoutMs);
  }

  unstage(timeoutMs = PATIENCE_MS) {
    const request = { volumeId: this.volume.id, stagingTargetPath: this.staging };
    return this.node.client.nodeUnstageVolume(request, timeoutMs);
  }

  publish(readonly = false) {
    return this.node.client.nodePublishVolume(
      publishRequest(this.#staged(), this.published, readonly),
      PATIENCE_MS,
    );
  }

  unpublish() {
    const request = { volumeId: this.volume.id, targetPath: this.published };
    return this.node.client.nodeUnpublishVolume(request, PATIENCE_MS);
  }

  expand(requiredBytes: bigint, volumePath = this.published) {
    const rest = { stagingTargetPath: this.staging, volumeCapability: this.capability, secrets: {} };
    const capacityRange = { requiredBytes, limitBytes: 0n };
    return this.node.client.nodeExpandVolume(
      { volumeId: this.volume.id, volumePath, capacityRange, ...rest },
      PATIENCE_MS,
    );
  }

  async usage() {
    const request = { volumeId: this.volume.id, volumePath: this.published, stagingTargetPath: this.staging };
    return (await this.node.client.nodeGetVolumeStats(request, PATIENCE_MS)).usage;
  }

  #staged() {
    const { id, target, context: volumeContext = {}, secrets = {} } = this.volume;
    return { ...stageRequest(id, target, this.staging, this.capability), volumeContext, secrets };
  }
}
