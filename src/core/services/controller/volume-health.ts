import type { CallContext } from '../../call-context.ts';
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
import type { StorageBackend } from '../../storage/storage-backend.ts';
import type { Volume, VolumeCondition } from '../../storage/volume.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { noSuchVolume, requireVolumeId } from './lookup.ts';
import { pageRequest } from './pages.ts';
import { conditionsWithPool } from './pool-conditions.ts';

const STATUSES: Readonly<Record<VolumeCondition['status'], Status>> = {
  degraded: Status.DEGRADED,
  inaccessible: Status.INACCESSIBLE,
  'data-loss': Status.DATA_LOSS,
};

/**
 * Conditions as CSI v1.13 writes them: an empty list means that nothing adverse is known. Those of one status and reason
 * are one entry, as it demands; their messages follow each other.
 */
export function volumeHealth(volumeId: string, conditions: readonly VolumeCondition[]): VolumeHealth {
  const messages = Map.groupBy(conditions, ({ status, reason }) => `${status} ${reason}`);
  const healthStatuses = [...messages.values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    const message = [first, ...others].map((one) => one.message).join('; ');
    return [{ status: STATUSES[first.status], reason: first.reason, message }];
  });
  return { volumeId, healthStatuses };
}

/**
 * ControllerGetVolumeHealth: one volume as the appliance sees it. An appliance that does not answer makes the call fail
 * (UNAVAILABLE): CSI v1.13 wants an error of a plugin that cannot complete the call, and INACCESSIBLE here would say that
 * no node reaches the volume. That the driver cannot log in does not say so; the nodes know, and tell it in
 * NodeGetVolumeHealth.
 */
export const getVolumeHealth =
  ({ fleet }: ControllerDeps): Handler<ControllerGetVolumeHealthRequest, ControllerGetVolumeHealthResponse> =>
  async ({ volumeId }, context) => {
    const id = requireVolumeId(volumeId);
    const member = fleet.of(id);
    const [volume, pools] = await Promise.all([member.getVolume(id, context), member.pools(context)]);
    if (!volume) throw noSuchVolume(volumeId);
    return { volumeHealth: volumeHealth(id, conditionsWithPool(volume, pools)) };
  };

/**
 * ControllerListVolumeHealth: the volumes that are not well, as CSI v1.13 asks for. A page covers as many volumes
 * as ListVolumes' does, so it may hold few entries, or none, and still be followed by others. It fails while an
 * appliance does not answer, since who is not on the list is well.
 */
export const listVolumeHealth =
  ({
    fleet,
  }: ControllerDeps): Handler<ControllerListVolumeHealthRequest, ControllerListVolumeHealthResponse> =>
  async ({ maxEntries, startingToken }, context) => {
    const page = await listAcross(fleet, pageRequest(maxEntries, startingToken), async (member, part) => {
      const { items, next } = await member.listVolumes(part, context);
      const health = await healthsOf(member, items, context);
      return { items: health, ...(next !== undefined && { next }) };
    });
    const adverse = page.items.filter(({ health }) => health.healthStatuses.length > 0);
    return { entries: adverse.map(({ health }) => health), nextToken: page.next ?? '' };
  };

async function healthsOf(
  member: StorageBackend,
  volumes: readonly Volume[],
  context: CallContext,
): Promise<{ readonly id: string; readonly health: VolumeHealth }[]> {
  if (volumes.length === 0) return [];
  const pools = await member.pools(context);
  return volumes.map((volume) => ({
    id: volume.id,
    health: volumeHealth(volume.id, conditionsWithPool(volume, pools)),
  }));
}
