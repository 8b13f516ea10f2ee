import { CONTROLLER_CAPABILITIES } from '../../csi/capabilities.ts';
import type { ControllerServiceCapability } from '../../csi/generated/csi.ts';
import type { ControllerHandlers } from '../../csi/handlers.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { createSnapshot } from './create-snapshot.ts';
import { createVolume } from './create-volume.ts';
import { deleteSnapshot } from './delete-snapshot.ts';
import { deleteVolume } from './delete-volume.ts';
import { expandVolume } from './expand-volume.ts';
import { getCapacity } from './get-capacity.ts';
import { getSnapshot } from './get-snapshot.ts';
import { getVolume } from './get-volume.ts';
import { listSnapshots } from './list-snapshots.ts';
import { listVolumes } from './list-volumes.ts';
import { modifyVolume } from './modify-volume.ts';
import { publishVolume } from './publish-volume.ts';
import { unpublishVolume } from './unpublish-volume.ts';
import { validateCapabilities } from './validate-capabilities.ts';
import { getVolumeHealth, listVolumeHealth } from './volume-health.ts';

const CAPABILITIES = CONTROLLER_CAPABILITIES.map(
  ({ type }): ControllerServiceCapability => ({ type: { $case: 'rpc', rpc: { type } } }),
);

/** The CSI controller service; RPCs that are not here are not advertised and answer UNIMPLEMENTED. */
export function controllerHandlers(deps: ControllerDeps): ControllerHandlers {
  return {
    controllerGetCapabilities: async () => ({ capabilities: CAPABILITIES }),
    createVolume: createVolume(deps),
    deleteVolume: deleteVolume(deps),
    controllerPublishVolume: publishVolume(deps),
    controllerUnpublishVolume: unpublishVolume(deps),
    validateVolumeCapabilities: validateCapabilities(deps),
    listVolumes: listVolumes(deps),
    getCapacity: getCapacity(deps),
    createSnapshot: createSnapshot(deps),
    deleteSnapshot: deleteSnapshot(deps),
    listSnapshots: listSnapshots(deps),
    getSnapshot: getSnapshot(deps),
    controllerExpandVolume: expandVolume(deps),
    controllerModifyVolume: modifyVolume(deps),
    controllerGetVolume: getVolume(deps),
    controllerGetVolumeHealth: getVolumeHealth(deps),
    controllerListVolumeHealth: listVolumeHealth(deps),
  };
}
