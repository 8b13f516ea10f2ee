import type {
  ControllerModifyVolumeRequest,
  ControllerModifyVolumeResponse,
} from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { requireVolumeId } from './lookup.ts';
import { mutableParameters } from './parameters.ts';
import { unsupportedIsInvalid } from './unsupported.ts';

/** ControllerModifyVolume: what a VolumeAttributesClass may change on a volume that exists. */
export const modifyVolume =
  ({ fleet }: ControllerDeps): Handler<ControllerModifyVolumeRequest, ControllerModifyVolumeResponse> =>
  async ({ volumeId, mutableParameters: given }, context) => {
    const change = mutableParameters(given);
    const id = requireVolumeId(volumeId);
    await unsupportedIsInvalid(fleet.of(id).modifyVolume(id, change, context));
    return {};
  };
