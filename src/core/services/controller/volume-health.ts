import {
  type ControllerGetVolumeHealthRequest,
  type ControllerGetVolumeHealthResponse,
  type ControllerListVolumeHealthRequest,
  type ControllerListVolumeHealthResponse,
  VolumeHealthErrorType as Status,
  type VolumeHealth,
} from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import { listAcross } from '../../storage/list-across.ts';
import type { Volume, VolumeCondition } from '../../storage/volume.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { noSuchVolume, requireVolumeId } from './lookup.ts';
import { pageRequest } from './pages.ts';

const STATUSES: Readonly<Record<VolumeCondition['status'], Status>> = {
  degraded: Status.DEGRADED,
  inaccessible: Status.INACCESSIBLE,
  'data-loss': Status.DATA_LOSS,
};

/** Conditions as CSI v1.13 writes them: an empty list means that nothing adverse is known. */
export function volumeHealth(volumeId: string, conditions: readonly VolumeCondition[]): VolumeHealth {
  const healthStatuses = conditions.map(({ status, reason, message }) => ({
    status: STATUSES[status],
    reason,
    message,
  }));
  return { volumeId, healthStatuses };
}

const healthOf = (volume: Volume): VolumeHealth => volumeHealth(volume.id, volume.conditions);

/** ControllerGetVolumeHealth: one volume as the appliance sees it. */
export const getVolumeHealth =
  ({ fleet }: ControllerDeps): Handler<ControllerGetVolumeHealthRequest, ControllerGetVolumeHealthResponse> =>
  async ({ volumeId }, context) => {
    const id = requireVolumeId(volumeId);
    const volume = await fleet.of(id).getVolume(id, context);
    if (!volume) throw noSuchVolume(volumeId);
    return { volumeHealth: healthOf(volume) };
  };

/**
 * ControllerListVolumeHealth: the volumes that are not well, as CSI v1.13 asks for. A page covers as many volumes
 * as ListVolumes' does, so it may hold few entries, or none, and still be followed by others.
 */
export const listVolumeHealth =
  ({
    fleet,
  }: ControllerDeps): Handler<ControllerListVolumeHealthRequest, ControllerListVolumeHealthResponse> =>
  async ({ maxEntries, startingToken }, context) => {
    const page = await listAcross(fleet, pageRequest(maxEntries, startingToken), (member, part) =>
      member.listVolumes(part, context),
    );
    const adverse = page.items.filter(({ conditions }) => conditions.length > 0);
    return { entries: adverse.map(healthOf), nextToken: page.next ?? '' };
  };
