import type { NodeHandlers } from '../../core/csi/handlers.ts';
import type { NodeDeps } from './node-deps.ts';
import { expandVolume } from './node-expand.ts';
import { getStorageHealth, getVolumeHealth } from './node-health.ts';
import { nodeCapabilities, nodeInfo } from './node-info.ts';
import { publishVolume } from './node-publish.ts';
import { stageVolume } from './node-stage.ts';
import { getVolumeStats } from './node-stats.ts';
import { unpublishVolume } from './node-unpublish.ts';
import { unstageVolume } from './node-unstage.ts';

/** The CSI node service. */
export function nodeHandlers(deps: NodeDeps): NodeHandlers {
  return {
    nodeGetInfo: () => nodeInfo(deps),
    nodeGetCapabilities: async () => nodeCapabilities(deps),
    nodeStageVolume: stageVolume(deps),
    nodeUnstageVolume: unstageVolume(deps),
    nodePublishVolume: publishVolume(deps),
    nodeUnpublishVolume: unpublishVolume(deps),
    nodeExpandVolume: expandVolume(deps),
    nodeGetVolumeStats: getVolumeStats(deps),
    nodeGetVolumeHealth: getVolumeHealth(deps),
    nodeGetStorageHealth: getStorageHealth(deps),
  };
}
