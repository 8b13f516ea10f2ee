import type { CreateVolumeGroupSnapshotRequest } from '../generated/csi.ts';
import { map, name, objectIds, secrets } from './fields.ts';
import { message } from './rule.ts';

export const createVolumeGroupSnapshotRequest = message<CreateVolumeGroupSnapshotRequest>({
  name,
  sourceVolumeIds: objectIds,
  secrets,
  parameters: map,
});
