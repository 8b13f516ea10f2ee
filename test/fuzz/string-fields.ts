import type { MethodKey } from '../support/edge.ts';

/** What a text is to the driver; `hostile-values.ts` says per kind what must be refused. */
export type Kind =
  | 'name'
  | 'id'
  | 'optionalId'
  | 'nodeId'
  | 'nodeIdOrAll'
  | 'text'
  | 'path'
  | 'optionalPath'
  | 'lookupPath'
  | 'optionalLookupPath'
  | 'fsType'
  | 'mountFlag'
  | 'mapKey'
  | 'mapValue'
  | 'secretKey'
  | 'secretValue';

/** A place in a request where a caller's text stands. */
export interface StringField {
  readonly rpc: MethodKey;
  /** As `ProtoFields` writes it. */
  readonly field: string;
  readonly kind: Kind;
}

const CAPABILITY: Readonly<Record<string, Kind>> = {
  'mount.fs_type': 'fsType',
  'mount.mount_flags[]': 'mountFlag',
  'mount.volume_mount_group': 'text',
};

const capability = (at: string): Record<string, Kind> =>
  Object.fromEntries(Object.entries(CAPABILITY).map(([field, kind]) => [`${at}.${field}`, kind]));

/** Every text field of every RPC that the driver serves; a map stands for its keys and its values. */
const FIELDS: Partial<Record<MethodKey, Readonly<Record<string, Kind>>>> = {
  getPluginInfo: {},
  getPluginCapabilities: {},
  probe: {},
  createVolume: {
    name: 'name',
    ...capability('volume_capabilities[]'),
    'parameters{}': 'mapValue',
    'secrets{}': 'secretValue',
    'volume_content_source.snapshot.snapshot_id': 'id',
    'volume_content_source.volume.volume_id': 'id',
    'accessibility_requirements.requisite[].segments{}': 'mapValue',
    'accessibility_requirements.preferred[].segments{}': 'mapValue',
    'mutable_parameters{}': 'mapValue',
  },
  deleteVolume: { volume_id: 'id', 'secrets{}': 'secretValue' },
  controllerPublishVolume: {
    volume_id: 'id',
    node_id: 'nodeId',
    ...capability('volume_capability'),
    'secrets{}': 'secretValue',
    'volume_context{}': 'mapValue',
  },
  controllerUnpublishVolume: { volume_id: 'id', node_id: 'nodeIdOrAll', 'secrets{}': 'secretValue' },
  validateVolumeCapabilities: {
    volume_id: 'id',
    'volume_context{}': 'mapValue',
    ...capability('volume_capabilities[]'),
    'parameters{}': 'mapValue',
    'secrets{}': 'secretValue',
    'mutable_parameters{}': 'mapValue',
  },
  listVolumes: { starting_token: 'text' },
  controllerListVolumeHealth: { starting_token: 'text', 'secrets{}': 'secretValue' },
  controllerGetVolumeHealth: { volume_id: 'id', 'secrets{}': 'secretValue' },
  getCapacity: {
    ...capability('volume_capabilities[]'),
    'parameters{}': 'mapValue',
    'accessible_topology.segments{}': 'mapValue',
  },
  controllerGetCapabilities: {},
  controllerExpandVolume: {
    volume_id: 'id',
    'secrets{}': 'secretValue',
    ...capability('volume_capability'),
  },
  controllerGetVolume: { volume_id: 'id' },
  controllerModifyVolume: {
    volume_id: 'id',
    'secrets{}': 'secretValue',
    'mutable_parameters{}': 'mapValue',
  },
  createSnapshot: {
    source_volume_id: 'id',
    name: 'name',
    'secrets{}': 'secretValue',
    'parameters{}': 'mapValue',
    'accessibility_requirements.requisite[].segments{}': 'mapValue',
    'accessibility_requirements.preferred[].segments{}': 'mapValue',
  },
  deleteSnapshot: { snapshot_id: 'id', 'secrets{}': 'secretValue' },
  getSnapshot: { snapshot_id: 'id', 'secrets{}': 'secretValue' },
  listSnapshots: {
    starting_token: 'text',
    source_volume_id: 'optionalId',
    snapshot_id: 'optionalId',
    'secrets{}': 'secretValue',
  },
  groupControllerGetCapabilities: {},
  createVolumeGroupSnapshot: {
    name: 'name',
    'source_volume_ids[]': 'id',
    'secrets{}': 'secretValue',
    'parameters{}': 'mapValue',
  },
  deleteVolumeGroupSnapshot: {
    group_snapshot_id: 'id',
    'snapshot_ids[]': 'id',
    'secrets{}': 'secretValue',
  },
  getVolumeGroupSnapshot: {
    group_snapshot_id: 'id',
    'snapshot_ids[]': 'id',
    'secrets{}': 'secretValue',
  },
  nodeStageVolume: {
    volume_id: 'id',
    'publish_context{}': 'mapValue',
    staging_target_path: 'path',
    ...capability('volume_capability'),
    'secrets{}': 'secretValue',
    'volume_context{}': 'mapValue',
  },
  nodeUnstageVolume: { volume_id: 'id', staging_target_path: 'path' },
  nodePublishVolume: {
    volume_id: 'id',
    'publish_context{}': 'mapValue',
    staging_target_path: 'path',
    target_path: 'path',
    ...capability('volume_capability'),
    'secrets{}': 'secretValue',
    'volume_context{}': 'mapValue',
  },
  nodeUnpublishVolume: { volume_id: 'id', target_path: 'path' },
  nodeGetVolumeStats: { volume_id: 'id', volume_path: 'lookupPath', staging_target_path: 'optionalPath' },
  nodeGetVolumeHealth: {
    volume_id: 'id',
    volume_publish_path: 'optionalLookupPath',
    staging_target_path: 'optionalPath',
  },
  nodeGetStorageHealth: { 'secrets{}': 'secretValue' },
  nodeExpandVolume: {
    volume_id: 'id',
    volume_path: 'lookupPath',
    staging_target_path: 'optionalPath',
    ...capability('volume_capability'),
    'secrets{}': 'secretValue',
  },
  nodeGetCapabilities: {},
  nodeGetInfo: {},
};

export const SERVED = Object.keys(FIELDS) as MethodKey[];

export const fieldsOf = (rpc: MethodKey): string[] => Object.keys(FIELDS[rpc] ?? {});

const KEYS: Partial<Record<Kind, Kind>> = { mapValue: 'mapKey', secretValue: 'secretKey' };

export function stringFields(rpc: MethodKey): StringField[] {
  return Object.entries(FIELDS[rpc] ?? {}).flatMap(([field, kind]) => {
    const keys = KEYS[kind];
    return keys
      ? [
          { rpc, field, kind },
          { rpc, field, kind: keys },
        ]
      : [{ rpc, field, kind }];
  });
}
