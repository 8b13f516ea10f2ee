import type { NodeStageVolumeRequest, NodeStageVolumeResponse } from '../../core/csi/generated/csi.ts';
import type { Handler } from '../../core/csi/handlers.ts';
import type { NodeDeps } from './node-deps.ts';
import { attachDevice, setDeviceAccess } from './stage-device.ts';
import { stageFilesystem } from './stage-filesystem.ts';
import { volumeUse } from './stage-request.ts';

/**
 * NodeStageVolume: attaches the volume, and mounts its file system on the staging path; of a raw block volume the
 * staging path stays empty. A failure leaves at most an attached device that nobody uses; a retry goes on from there.
 */
export const stageVolume =
  (deps: NodeDeps): Handler<NodeStageVolumeRequest, NodeStageVolumeResponse> =>
  async (request, context) => {
    const use = volumeUse(request, deps);
    const device = await attachDevice(deps, use, context);
    if (use.mount) {
      const staging = { use, mount: use.mount, path: request.stagingTargetPath };
      await stageFilesystem(deps, device, staging, context);
      return {};
    }
    // From here on the device may carry what a workload wrote: an interrupted format must not be repeated.
    await deps.intents.clear(use.target.nqn);
    if (use.readonly || device.readonly) await setDeviceAccess(deps, device, use.readonly, context);
    return {};
  };
