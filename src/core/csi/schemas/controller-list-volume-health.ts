import type { ControllerListVolumeHealthRequest } from '../generated/csi.ts';
import { maxEntries, optionalText, secrets } from './fields.ts';
import { message } from './rule.ts';

export const controllerListVolumeHealthRequest = message<ControllerListVolumeHealthRequest>({
  maxEntries,
  startingToken: optionalText,
  secrets,
});
