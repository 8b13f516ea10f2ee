import type {
  NodeUnpublishVolumeRequest,
  NodeUnpublishVolumeResponse,
} from '../../core/csi/generated/csi.ts';
import type { Handler } from '../../core/csi/handlers.ts';
import { requireVolumeId } from '../../core/services/controller/lookup.ts';
import type { NodeDeps } from './node-deps.ts';
import { assertOwnMounts } from './own-mounts.ts';
import { removeTarget } from './publish-target.ts';
import { assertLive, devicesOf } from './volume-devices.ts';

/**
 * NodeUnpublishVolume: unmounts the target path and removes it. Nothing there: a success. Anything else than this
 * volume there: refused. The order matters: what is
 * removed is an empty mount point, never what was mounted.
 */
export const unpublishVolume =
  (deps: NodeDeps): Handler<NodeUnpublishVolumeRequest, NodeUnpublishVolumeResponse> =>
  async ({ volumeId, targetPath }, context) => {
    const id = requireVolumeId(volumeId);
    const mounts = await deps.mounts.at(targetPath);
    if (mounts.length > 0) {
      const devices = await devicesOf(deps.transports, id, context);
      for (const { device } of devices) assertLive(device);
      await assertOwnMounts(deps, { id, devices }, mounts, context);
      await deps.mounter.unmount(targetPath, context);
    }
    await removeTarget(targetPath);
    return {};
  };
