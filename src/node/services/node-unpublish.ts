import type {
  NodeUnpublishVolumeRequest,
  NodeUnpublishVolumeResponse,
} from '../../core/csi/generated/csi.ts';
import type { Handler } from '../../core/csi/handlers.ts';
import { requireVolumeId } from '../../core/services/controller/lookup.ts';
import { withoutDead } from './cut-off.ts';
import type { NodeDeps } from './node-deps.ts';
import { removeTarget } from './publish-target.ts';
import { devicesOf } from './volume-devices.ts';

/**
 * NodeUnpublishVolume: unmounts the target path and removes it. Nothing there: a success. The order matters: what is
 * removed is an empty mount point, never what was mounted.
 */
export const unpublishVolume =
  (deps: NodeDeps): Handler<NodeUnpublishVolumeRequest, NodeUnpublishVolumeResponse> =>
  async ({ volumeId, targetPath }, context) => {
    const id = requireVolumeId(volumeId);
    if ((await deps.mounts.at(targetPath)).length > 0) {
      await withoutDead(deps, await devicesOf(deps.transports, id, context), false, context);
      await deps.mounter.unmount(targetPath, context);
    }
    await removeTarget(targetPath);
    return {};
  };
