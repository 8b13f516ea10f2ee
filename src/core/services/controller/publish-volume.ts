import { invalidArgument } from '../../csi/csi-error.ts';
import type {
  ControllerPublishVolumeRequest,
  ControllerPublishVolumeResponse,
} from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import { encodePublishContext } from '../../csi/publish-context.ts';
import { BackendError } from '../../storage/backend-error.ts';
import { isNodeId, type NodeId } from '../../storage/volume-id.ts';
import type { ControllerDeps, NodeDirectory } from './controller-deps.ts';
import { requireVolumeId } from './lookup.ts';
import { volumeAccess } from './volume-access.ts';

/** ControllerPublishVolume: records the node's claim, and tells the node where the export is. */
export const publishVolume =
  ({
    fleet,
    nodes,
    publications,
  }: ControllerDeps): Handler<ControllerPublishVolumeRequest, ControllerPublishVolumeResponse> =>
  async (request, context) => {
    const id = requireVolumeId(request.volumeId);
    const node = requireNode(nodes, request.nodeId);
    const capability = request.volumeCapability;
    const access = capability ? volumeAccess(capability) : 'volume_capability is missing';
    if (typeof access === 'string') throw invalidArgument(`volume ${id}: ${access}`);
    const claim = { node, sharing: access.sharing, readonly: access.readonly || request.readonly };
    const source = await fleet
      .of(id)
      .publishVolume(id, claim, context)
      .catch((error: unknown) => {
        publications?.failed(id, node, error instanceof Error ? error.message : String(error));
        throw error;
      });
    return { publishContext: encodePublishContext(source) };
  };

function requireNode(nodes: NodeDirectory, text: string): NodeId {
  if (isNodeId(text) && nodes.knows(text)) return text;
  throw new BackendError(
    'not-found',
    `node ${JSON.stringify(text)} does not exist for this driver; is the node plugin running there?`,
  );
}
