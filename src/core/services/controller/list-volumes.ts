import type { ListVolumesRequest, ListVolumesResponse } from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import { idsOf } from '../../storage/fleet.ts';
import { listAcross } from '../../storage/list-across.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { pageRequest } from './pages.ts';
import { publishedNodeIds, volumeMessage } from './volume-message.ts';

/** ListVolumes: ordered by id, with the nodes that hold each volume. Fails rather than omit one. */
export const listVolumes =
  ({ fleet, driverName, volumeCount }: ControllerDeps): Handler<ListVolumesRequest, ListVolumesResponse> =>
  async ({ maxEntries, startingToken }, context) => {
    const page = await listAcross(fleet, pageRequest(maxEntries, startingToken), (member, part) =>
      member.listVolumes(part, context),
    );
    const entries = page.items.map((volume) => ({
      volume: volumeMessage(volume, driverName),
      status: { publishedNodeIds: publishedNodeIds(volume) },
    }));
    if (startingToken === '' && page.next === undefined) {
      for (const member of fleet.members) {
        volumeCount.set(member.name, page.items.filter(({ id }) => id.startsWith(idsOf(member))).length);
      }
    }
    return { entries, nextToken: page.next ?? '' };
  };
