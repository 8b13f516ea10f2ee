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
import { empty, NODE_REQUEST_SCHEMAS, type RequestSchemas } from './node-request-schemas.ts';
import { validateVolumeCapabilitiesRequest } from './validate-volume-capabilities.ts';

/** What each RPC accepts. An RPC without a schema cannot be served. */
export const REQUEST_SCHEMAS: RequestSchemas = {
  ...NODE_REQUEST_SCHEMAS,
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
};
