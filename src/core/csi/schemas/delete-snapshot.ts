import type { DeleteSnapshotRequest } from '../generated/csi.ts';
import { objectId, secrets } from './fields.ts';
import { message } from './rule.ts';

export const deleteSnapshotRequest = message<DeleteSnapshotRequest>({ snapshotId: objectId, secrets });
