import type { ControllerGetVolumeRequest, ControllerGetVolumeResponse } from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { noSuchVolume, requireVolumeId } from './lookup.ts';
import { publishedNodeIds, volumeMessage } from './volume-message.ts';

/** ControllerGetVolume: one volume and the nodes that hold it. */
export const getVolume =
  ({ fleet, driverName }: ControllerDeps): Handler<ControllerGetVolumeRequest, ControllerGetVolumeResponse> =>
  async ({ volumeId }, context) => {
    const id = requireVolumeId(volumeId);
    const volume = await fleet.of(id).getVolume(id, context);
    if (!volume) throw noSuchVolume(volumeId);
    return {
      volume: volumeMessage(volume, driverName),
      status: { publishedNodeIds: publishedNodeIds(volume) },
    };
  };
