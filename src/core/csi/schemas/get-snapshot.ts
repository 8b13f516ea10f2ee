import type { GetSnapshotRequest } from '../generated/csi.ts';
import { objectId, secrets } from './fields.ts';
import { message } from './rule.ts';

export const getSnapshotRequest = message<GetSnapshotRequest>({ snapshotId: objectId, secrets });
