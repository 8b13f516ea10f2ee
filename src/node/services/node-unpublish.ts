import type { CallContext } from '../../core/call-context.ts';
import type {
  NodeUnpublishVolumeRequest,
  NodeUnpublishVolumeResponse,
} from '../../core/csi/generated/csi.ts';
import type { Handler } from '../../core/csi/handlers.ts';
import { requireVolumeId } from '../../core/services/controller/lookup.ts';
import type { VolumeId } from '../../core/storage/volume-id.ts';
import { withoutDead } from './cut-off.ts';
import type { NodeDeps } from './node-deps.ts';
import { assertOwnMounts } from './own-mounts.ts';
import { removeTarget } from './publish-target.ts';
import { devicesOf } from './volume-devices.ts';

/**
 * NodeUnpublishVolume: unmounts the target path and removes it. Nothing there: a success. Anything else than this
 * volume there: refused. The order matters: what is removed is an empty mount point, never what was mounted.
 */
export const unpublishVolume =
  (deps: NodeDeps): Handler<NodeUnpublishVolumeRequest, NodeUnpublishVolumeResponse> =>
  async ({ volumeId, targetPath }, context) => {
    const id = requireVolumeId(volumeId);
    if ((await deps.mounts.at(targetPath)).length > 0) await unmountTarget(deps, id, targetPath, context);
    await removeTarget(targetPath);
    return {};
  };

/** A device whose storage does not answer waits, unless its epoch is proven dead. */
async function unmountTarget(deps: NodeDeps, id: VolumeId, targetPath: string, context: CallContext) {
  const found = await devicesOf(deps, id, context);
  const devices = await withoutDead(deps, found, false, context);
  await assertOwnMounts(deps, { id, devices }, await deps.mounts.at(targetPath), context);
  await deps.mounter.unmount(targetPath, context);
}
