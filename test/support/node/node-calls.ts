import { mkdirSync } from 'node:fs';
import { type CallContext, detachedContext } from '../../../src/core/call-context.ts';
import type { NodeHandlers } from '../../../src/core/csi/handlers.ts';
import type { Export } from '../../../src/core/storage/volume.ts';
import { nodeHandlers } from '../../../src/node/services/node-service.ts';
import { RecordingLogger } from '../recording-logger.ts';
import { FakeNode, NQNS, VOLUME } from './fake-node.ts';
import { exportFor, mountCapability, publishRequest, stageRequest } from './node-requests.ts';

/** A node service over a fake node, and the volume that most tests are about. */
export class NodeCalls {
  readonly node = new FakeNode();
  readonly rpc: Required<NodeHandlers>;
  readonly logger = new RecordingLogger();
  readonly context: CallContext = detachedContext(AbortSignal.timeout(60_000), this.logger);
  readonly target: Export = exportFor(NQNS, VOLUME);
  readonly staging = this.node.path('staging');

  constructor() {
    mkdirSync(this.staging);
    this.rpc = nodeHandlers(this.node.deps) as Required<NodeHandlers>;
  }

  /** Leaves a file system on the export's disk before it is staged. */
  async carry(bytes: bigint, change: object = {}) {
    const { path } = await this.node.transport.attach(this.target);
    Object.assign(this.node.content(path), { signature: 'ext4', filesystemBytes: bytes, ...change });
  }

  stage(capability = mountCapability(), target = this.target) {
    return this.rpc.nodeStageVolume(stageRequest(VOLUME, target, this.staging, capability), this.context);
  }

  unstage() {
    return this.rpc.nodeUnstageVolume({ volumeId: VOLUME, stagingTargetPath: this.staging }, this.context);
  }

  publish(path: string, capability = mountCapability(), readonly = false, target = this.target) {
    const staged = stageRequest(VOLUME, target, this.staging, capability);
    return this.rpc.nodePublishVolume(publishRequest(staged, path, readonly), this.context);
  }

  unpublish(targetPath: string) {
    return this.rpc.nodeUnpublishVolume({ volumeId: VOLUME, targetPath }, this.context);
  }

  /** What is mounted on the path, the uppermost last. */
  mountsAt(path: string) {
    return this.node.kernel.mounts.filter(({ mountPoint }) => mountPoint === path);
  }

  /** Changes what the kernel says of the mounts on a path, by remounting it as somebody else would. */
  showAs(path: string, change: { superOptions?: string[]; options?: string[] }) {
    for (const mount of this.mountsAt(path)) Object.assign(mount, change);
    // Any change makes the kernel write its table anew.
    this.node.kernel.add({ mountPoint: this.node.path('elsewhere') });
  }
}
