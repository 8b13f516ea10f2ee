import type { NodeGetStorageHealthRequest } from '../generated/csi.ts';
import { secrets } from './fields.ts';
import { message } from './rule.ts';

export const nodeGetStorageHealthRequest = message<NodeGetStorageHealthRequest>({
  secrets,
});
