import type {
  ControllerUnpublishVolumeRequest,
  ControllerUnpublishVolumeResponse,
} from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import { isNodeId } from '../../storage/volume-id.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { asVolumeId } from './lookup.ts';

/**
 * ControllerUnpublishVolume: removes the node's claim; without a node id, all (CSI v1.13). A node that is gone,
 * or that cannot be one of ours, holds nothing: success.
 */
export const unpublishVolume =
  ({
    fleet,
    publications,
  }: ControllerDeps): Handler<ControllerUnpublishVolumeRequest, ControllerUnpublishVolumeResponse> =>
  async ({ volumeId, nodeId }, context) => {
    const id = asVolumeId(volumeId);
    const node = nodeId === '' ? 'all' : nodeId;
    if (!id || (node !== 'all' && !isNodeId(node))) return {};
    const backend = fleet.of(id);
    await backend.unpublishVolume(id, node, {}, context);
    if (node !== 'all') publications?.ended(id, node, backend);
    return {};
  };
