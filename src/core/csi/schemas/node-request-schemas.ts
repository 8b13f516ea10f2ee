import type { z } from 'zod';
import { nodeExpandVolumeRequest } from './node-expand-volume.ts';
import { nodeGetStorageHealthRequest } from './node-get-storage-health.ts';
import { nodeGetVolumeHealthRequest } from './node-get-volume-health.ts';
import { nodeGetVolumeStatsRequest } from './node-get-volume-stats.ts';
import { nodePublishVolumeRequest } from './node-publish-volume.ts';
import { nodeStageVolumeRequest } from './node-stage-volume.ts';
import { nodeUnpublishVolumeRequest } from './node-unpublish-volume.ts';
import { nodeUnstageVolumeRequest } from './node-unstage-volume.ts';
import { message } from './rule.ts';

/** What RPCs accept, by name. */
export type RequestSchemas = Readonly<Record<string, z.ZodType>>;

/** The requests that have no fields. */
export const empty = message<object>({});

/** What the RPCs accept that a node serves; a table of its own, since each schema that is made stays in memory. */
export const NODE_REQUEST_SCHEMAS: RequestSchemas = {
  GetPluginInfo: empty,
  GetPluginCapabilities: empty,
  Probe: empty,
  NodeStageVolume: nodeStageVolumeRequest,
  NodeUnstageVolume: nodeUnstageVolumeRequest,
  NodePublishVolume: nodePublishVolumeRequest,
  NodeUnpublishVolume: nodeUnpublishVolumeRequest,
  NodeGetVolumeStats: nodeGetVolumeStatsRequest,
  NodeExpandVolume: nodeExpandVolumeRequest,
  NodeGetVolumeHealth: nodeGetVolumeHealthRequest,
  NodeGetStorageHealth: nodeGetStorageHealthRequest,
  NodeGetCapabilities: empty,
  NodeGetInfo: empty,
};
