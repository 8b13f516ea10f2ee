import type { CallContext } from '../../core/call-context.ts';
import type { NodeStageVolumeRequest, NodeStageVolumeResponse } from '../../core/csi/generated/csi.ts';
import type { Handler } from '../../core/csi/handlers.ts';
import { passphrasesOf } from '../luks/passphrases.ts';
import type { NodeDeps } from './node-deps.ts';
import { HeaderNotes, openedDevice } from './opened-device.ts';
import { attachDevice, setDeviceAccess } from './stage-device.ts';
import { stageFilesystem } from './stage-filesystem.ts';
import { type VolumeUse, volumeUse } from './stage-request.ts';

/**
 * NodeStageVolume: attaches the volume, and mounts its file system on the staging path; of a raw block volume the
 * staging path stays empty. An encrypted one is opened in between. A failure leaves at most a device that nobody uses; a
 * retry goes on from there.
 */
export const stageVolume =
  (deps: NodeDeps): Handler<NodeStageVolumeRequest, NodeStageVolumeResponse> =>
  async (request, context) => {
    const use = volumeUse(request, deps);
    const { device, notes } = use.encrypted
      ? await encryptedDevice(deps, use, request, context)
      : { device: await attachDevice(deps, use, context), notes: deps.intents };
    if (use.mount) {
      const staging = { use, mount: use.mount, path: request.stagingTargetPath, notes };
      await stageFilesystem(deps, device, staging, context);
      return {};
    }
    // From here on the device may carry what a workload wrote: an interrupted format must not be repeated.
    await notes.clear(use.target.nqn);
    if (use.readonly || device.readonly) await setDeviceAccess(deps, device, use.readonly, context);
    return {};
  };

async function encryptedDevice(
  deps: NodeDeps,
  use: VolumeUse,
  { secrets, stagingTargetPath: stagingPath }: NodeStageVolumeRequest,
  context: CallContext,
) {
  const passphrases = passphrasesOf(use.id, secrets);
  const attached = await attachDevice(deps, use, context);
  const device = await openedDevice(deps, attached, { use, passphrases, stagingPath }, context);
  return { device, notes: new HeaderNotes(deps, attached, context) };
}
