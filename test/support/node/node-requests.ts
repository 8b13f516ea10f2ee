import {
  VolumeCapability_AccessMode_Mode as Mode,
  type NodePublishVolumeRequest,
  type NodeStageVolumeRequest,
  type VolumeCapability,
} from '../../../src/core/csi/generated/csi.ts';
import { encodePublishContext } from '../../../src/core/csi/publish-context.ts';
import type { NqnNaming } from '../../../src/core/storage/nqn.ts';
import type { Export } from '../../../src/core/storage/volume.ts';
import { isEpoch, type VolumeId } from '../../../src/core/storage/volume-id.ts';

export const MiB = 1n << 20n;

/** An export over the loop transport. */
export function exportFor(
  nqns: NqnNaming,
  id: VolumeId,
  options: { epoch?: string; bytes?: bigint; mayFormat?: boolean; folder?: string } = {},
): Export {
  const { epoch = '00000000000000aa', bytes = 64n * MiB, mayFormat = true, folder = '/exports' } = options;
  if (!isEpoch(epoch)) throw new Error(`no epoch: ${epoch}`);
  const nqn = nqns.forExport(id, epoch);
  return { transport: 'loop', folder, nqn, epoch, capacityBytes: bytes, mayFormat };
}

export function mountCapability(
  options: { fsType?: string; flags?: string[]; mode?: Mode } = {},
): VolumeCapability {
  const { fsType = 'ext4', flags = [], mode = Mode.SINGLE_NODE_WRITER } = options;
  return {
    accessType: { $case: 'mount', mount: { fsType, mountFlags: flags, volumeMountGroup: '' } },
    accessMode: { mode },
  };
}

export const blockCapability = (mode = Mode.SINGLE_NODE_WRITER): VolumeCapability => ({
  accessType: { $case: 'block', block: {} },
  accessMode: { mode },
});

/** NodeStageVolume of an export. */
export const stageRequest = (
  id: VolumeId,
  target: Export,
  stagingTargetPath: string,
  volumeCapability: VolumeCapability = mountCapability(),
): NodeStageVolumeRequest => ({
  volumeId: id,
  publishContext: encodePublishContext(target),
  stagingTargetPath,
  volumeCapability,
  secrets: {},
  volumeContext: {},
});

/** NodePublishVolume of what a stage request staged. */
export const publishRequest = (
  staged: NodeStageVolumeRequest,
  targetPath: string,
  readonly = false,
): NodePublishVolumeRequest => ({ ...staged, targetPath, readonly });
