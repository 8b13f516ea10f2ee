import type {
  NodeGetCapabilitiesResponse,
  NodeGetInfoResponse,
  NodeServiceCapability,
} from '../../core/csi/generated/csi.ts';
import type { NodeDeps } from './node-deps.ts';

/** NodeGetInfo: who this node is, how many volumes it takes, and which storage it reaches. */
export const nodeInfo = async ({ nodeId, maxVolumes, topology }: NodeDeps): Promise<NodeGetInfoResponse> => ({
  nodeId,
  maxVolumesPerNode: BigInt(maxVolumes),
  accessibleTopology: { segments: { ...(await topology()) } },
});

export const nodeCapabilities = ({ capabilities }: NodeDeps): NodeGetCapabilitiesResponse => ({
  capabilities: capabilities.map(
    (type): NodeServiceCapability => ({ type: { $case: 'rpc', rpc: { type } } }),
  ),
});
