import type { ListVolumesRequest } from '../generated/csi.ts';
import { maxEntries, optionalText } from './fields.ts';
import { message } from './rule.ts';

export const listVolumesRequest = message<ListVolumesRequest>({
  maxEntries,
  startingToken: optionalText,
});
