import type { CallContext } from '../../core/call-context.ts';
import type { NodeUnstageVolumeRequest, NodeUnstageVolumeResponse } from '../../core/csi/generated/csi.ts';
import type { Handler } from '../../core/csi/handlers.ts';
import { requireVolumeId } from '../../core/services/controller/lookup.ts';
import { canonical } from '../mounts/mount-table.ts';
import { closeMapper, closeOrphans } from './close-mapper.ts';
import { withoutDead } from './cut-off.ts';
import type { NodeDeps } from './node-deps.ts';
import { assertOwnMounts } from './own-mounts.ts';
import { assertVolumeUnused, devicesOf, type VolumeDevice } from './volume-devices.ts';

/**
 * NodeUnstageVolume: unmounts the staging path and detaches the volume in every epoch it is attached in. It has no
 * publish context: the devices are found by the volume's part of the NQN. Nothing there: a success. Used by anyone:
 * refused before anything is touched. A device whose storage does not answer waits, unless its epoch is proven dead.
 */
export const unstageVolume =
  (deps: NodeDeps): Handler<NodeUnstageVolumeRequest, NodeUnstageVolumeResponse> =>
  async ({ volumeId, stagingTargetPath }, context) => {
    const id = requireVolumeId(volumeId);
    const attached = await devicesOf(deps, id, context);
    const devices = await withoutDead(deps, attached, false, context);
    const staged = await deps.mounts.at(stagingTargetPath);
    await assertOwnMounts(deps, { id, devices }, staged, context);
    const path = (await canonical(stagingTargetPath)) ?? stagingTargetPath;
    for (const found of devices) await assertVolumeUnused(deps, found, [path], context);
    if (staged.length > 0) await deps.mounter.unmount(stagingTargetPath, context);
    for (const found of devices) await detach(deps, found, context);
    await closeOrphans(deps, id, context);
    return {};
  };

/** Asked again after the unmount: only now does an exclusive open see users in other mount namespaces. */
async function detach(deps: NodeDeps, found: VolumeDevice, context: CallContext) {
  const { device, transport } = await closeMapper(deps, found, context);
  await deps.usage.assertUnused(device, [], context);
  await transport.detach(device, context);
  context.logger.info({ volumeId: device.volumeId, device: device.path, nqn: device.nqn }, 'detached');
}
