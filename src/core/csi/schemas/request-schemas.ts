import type { z } from 'zod';
import { controllerExpandVolumeRequest } from './controller-expand-volume.ts';
import { controllerGetVolumeRequest } from './controller-get-volume.ts';
import { controllerGetVolumeHealthRequest } from './controller-get-volume-health.ts';
import { controllerListVolumeHealthRequest } from './controller-list-volume-health.ts';
import { controllerModifyVolumeRequest } from './controller-modify-volume.ts';
import { controllerPublishVolumeRequest } from './controller-publish-volume.ts';
import { controllerUnpublishVolumeRequest } from './controller-unpublish-volume.ts';
import { createSnapshotRequest } from './create-snapshot.ts';
import { createVolumeRequest } from './create-volume.ts';
import { createVolumeGroupSnapshotRequest } from './create-volume-group-snapshot.ts';
import { deleteSnapshotRequest } from './delete-snapshot.ts';
import { deleteVolumeRequest } from './delete-volume.ts';
import { deleteVolumeGroupSnapshotRequest } from './delete-volume-group-snapshot.ts';
import { getCapacityRequest } from './get-capacity.ts';
import { getSnapshotRequest } from './get-snapshot.ts';
import { getVolumeGroupSnapshotRequest } from './get-volume-group-snapshot.ts';
import { listSnapshotsRequest } from './list-snapshots.ts';
import { listVolumesRequest } from './list-volumes.ts';
import { nodeExpandVolumeRequest } from './node-expand-volume.ts';
import { nodeGetStorageHealthRequest } from './node-get-storage-health.ts';
import { nodeGetVolumeHealthRequest } from './node-get-volume-health.ts';
import { nodeGetVolumeStatsRequest } from './node-get-volume-stats.ts';
import { nodePublishVolumeRequest } from './node-publish-volume.ts';
import { nodeStageVolumeRequest } from './node-stage-volume.ts';
import { nodeUnpublishVolumeRequest } from './node-unpublish-volume.ts';
import { nodeUnstageVolumeRequest } from './node-unstage-volume.ts';
import { message } from './rule.ts';
import { validateVolumeCapabilitiesRequest } from './validate-volume-capabilities.ts';

/** The RPCs whose requests have no fields. */
const empty = message<object>({});

/** What each RPC accepts. An RPC without a schema cannot be served. */
export const REQUEST_SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  GetPluginInfo: empty,
  GetPluginCapabilities: empty,
  Probe: empty,
  CreateVolume: createVolumeRequest,
  DeleteVolume: deleteVolumeRequest,
  ControllerPublishVolume: controllerPublishVolumeRequest,
  ControllerUnpublishVolume: controllerUnpublishVolumeRequest,
  ValidateVolumeCapabilities: validateVolumeCapabilitiesRequest,
  ListVolumes: listVolumesRequest,
  GetCapacity: getCapacityRequest,
  ControllerGetCapabilities: empty,
  CreateSnapshot: createSnapshotRequest,
  DeleteSnapshot: deleteSnapshotRequest,
  ListSnapshots: listSnapshotsRequest,
  GetSnapshot: getSnapshotRequest,
  ControllerExpandVolume: controllerExpandVolumeRequest,
  ControllerModifyVolume: controllerModifyVolumeRequest,
  ControllerGetVolume: controllerGetVolumeRequest,
  ControllerListVolumeHealth: controllerListVolumeHealthRequest,
  ControllerGetVolumeHealth: controllerGetVolumeHealthRequest,
  GroupControllerGetCapabilities: empty,
  CreateVolumeGroupSnapshot: createVolumeGroupSnapshotRequest,
  DeleteVolumeGroupSnapshot: deleteVolumeGroupSnapshotRequest,
  GetVolumeGroupSnapshot: getVolumeGroupSnapshotRequest,
  NodeStageVolume: nodeStageVolumeRequest,
  NodeUnstageVolume: nodeUnstageVolumeRequest,
  NodePublishVolume: nodePublishVolumeRequest,
  NodeUnpublishVolume: nodeUnpublishVolumeRequest,
  NodeGetVolumeStats: nodeGetVolumeStatsRequest,
  NodeExpandVolume: nodeExpandVolumeRequest,
  NodeGetVolumeHealth: nodeGetVolumeHealthRequest,
  NodeGetStorageHealth: nodeGetStorageHealthRequest,
  NodeGetCapabilities: empty,
  NodeGetInfo: empty,
};
