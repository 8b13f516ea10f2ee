import type { ListSnapshotsRequest } from '../generated/csi.ts';
import { maxEntries, optionalObjectId, optionalText, secrets } from './fields.ts';
import { message } from './rule.ts';

export const listSnapshotsRequest = message<ListSnapshotsRequest>({
  maxEntries,
  startingToken: optionalText,
  sourceVolumeId: optionalObjectId,
  snapshotId: optionalObjectId,
  secrets,
});
