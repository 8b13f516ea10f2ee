import type { DeleteVolumeRequest, DeleteVolumeResponse } from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { asVolumeId } from './lookup.ts';

/** DeleteVolume: an id that cannot be ours, or a volume that is gone, is a success. */
export const deleteVolume =
  ({ fleet }: ControllerDeps): Handler<DeleteVolumeRequest, DeleteVolumeResponse> =>
  async ({ volumeId }, context) => {
    const id = asVolumeId(volumeId);
    if (id) await fleet.of(id).deleteVolume(id, context);
    return {};
  };
