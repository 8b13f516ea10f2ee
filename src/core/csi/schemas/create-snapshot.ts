import type { CreateSnapshotRequest } from '../generated/csi.ts';
import { map, name, objectId, secrets } from './fields.ts';
import { message } from './rule.ts';
import { optionalTopologyRequirement } from './topology.ts';

export const createSnapshotRequest = message<CreateSnapshotRequest>({
  sourceVolumeId: objectId,
  name,
  secrets,
  parameters: map,
  accessibilityRequirements: optionalTopologyRequirement,
});
