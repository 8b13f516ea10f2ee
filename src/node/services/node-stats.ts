import {
  type NodeGetVolumeStatsRequest,
  type NodeGetVolumeStatsResponse,
  VolumeUsage_Unit as Unit,
  type VolumeUsage,
} from '../../core/csi/generated/csi.ts';
import type { Handler } from '../../core/csi/handlers.ts';
import type { NodeDeps } from './node-deps.ts';
import type { FilesystemUsage } from './statfs-reader.ts';
import { contentOf } from './volume-devices.ts';
import { volumeAt } from './volume-path.ts';

/** NodeGetVolumeStats: bytes and inodes of a file system, the size of a raw block volume. */
export const getVolumeStats =
  (deps: NodeDeps): Handler<NodeGetVolumeStatsRequest, NodeGetVolumeStatsResponse> =>
  async ({ volumeId, volumePath }, context) => {
    const found = await volumeAt(deps, volumeId, volumePath, context);
    if (found.what === 'block') {
      return { usage: [{ unit: Unit.BYTES, total: contentOf(found).sizeBytes, used: 0n, available: 0n }] };
    }
    return { usage: usageOf(await deps.statfs.read(volumePath, context.signal)) };
  };

/** A file system without a number of inodes has nothing to say about them. */
function usageOf(usage: FilesystemUsage): VolumeUsage[] {
  const bytes = {
    unit: Unit.BYTES,
    total: usage.totalBytes,
    used: usage.usedBytes,
    available: usage.availableBytes,
  };
  if (usage.totalInodes === 0n) return [bytes];
  const used = usage.totalInodes - usage.freeInodes;
  return [bytes, { unit: Unit.INODES, total: usage.totalInodes, used, available: usage.freeInodes }];
}
