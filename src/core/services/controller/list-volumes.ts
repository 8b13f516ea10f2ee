import type { ListVolumesRequest, ListVolumesResponse } from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { pageRequest } from './pages.ts';
import { publishedNodeIds, volumeMessage } from './volume-message.ts';

/** ListVolumes: ordered by id, with the nodes that hold each volume. Fails rather than omit one. */
export const listVolumes =
  ({ backend, driverName, volumeCount }: ControllerDeps): Handler<ListVolumesRequest, ListVolumesResponse> =>
  async ({ maxEntries, startingToken }, context) => {
    const page = await backend.listVolumes(pageRequest(maxEntries, startingToken), context);
    const entries = page.items.map((volume) => ({
      volume: volumeMessage(volume, driverName),
      status: { publishedNodeIds: publishedNodeIds(volume) },
    }));
    if (startingToken === '' && page.next === undefined) volumeCount.set(page.items.length);
    return { entries, nextToken: page.next ?? '' };
  };
