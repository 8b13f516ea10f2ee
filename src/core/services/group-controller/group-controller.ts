import { GROUP_CONTROLLER_CAPABILITIES } from '../../csi/capabilities.ts';
import type { GroupControllerServiceCapability } from '../../csi/generated/csi.ts';
import type { GroupControllerHandlers } from '../../csi/handlers.ts';
import { createGroupSnapshot } from './create-group-snapshot.ts';
import { deleteGroupSnapshot } from './delete-group-snapshot.ts';
import { getGroupSnapshot } from './get-group-snapshot.ts';
import type { GroupControllerDeps } from './group-controller-deps.ts';

const CAPABILITIES = GROUP_CONTROLLER_CAPABILITIES.map(
  ({ type }): GroupControllerServiceCapability => ({ type: { $case: 'rpc', rpc: { type } } }),
);

/** The CSI group controller service: snapshots of several volumes under one name. */
export const groupControllerHandlers = (deps: GroupControllerDeps): GroupControllerHandlers => ({
  groupControllerGetCapabilities: async () => ({ capabilities: CAPABILITIES }),
  createVolumeGroupSnapshot: createGroupSnapshot(deps),
  deleteVolumeGroupSnapshot: deleteGroupSnapshot(deps),
  getVolumeGroupSnapshot: getGroupSnapshot(deps),
});
