import {
  ControllerServiceCapability_RPC_Type as Controller,
  PluginCapability_VolumeExpansion_Type as Expansion,
  GroupControllerServiceCapability_RPC_Type as Group,
  NodeServiceCapability_RPC_Type as Node,
  PluginCapability_Service_Type as Plugin,
} from './generated/csi.ts';

/** A capability with what it means to a user; `docs/capabilities.md` is made from these tables. */
interface Advertised<Type> {
  readonly type: Type;
  readonly meaning: string;
}

/**
 * The one table of what this driver advertises: the services answer from it, the document is generated from it,
 * and the tests hold the registered RPCs against it.
 */
export const PLUGIN_CAPABILITIES: readonly Advertised<Plugin>[] = [
  {
    type: Plugin.CONTROLLER_SERVICE,
    meaning: 'a controller service; only in the modes `controller` and `all`',
  },
  {
    type: Plugin.VOLUME_ACCESSIBILITY_CONSTRAINTS,
    meaning: 'topology: a volume can be used by the nodes that reach its appliance',
  },
  {
    type: Plugin.GROUP_CONTROLLER_SERVICE,
    meaning: 'snapshots of several volumes under one name; only in the modes `controller` and `all`',
  },
  {
    type: Plugin.SNAPSHOT_ACCESSIBILITY_CONSTRAINTS,
    meaning: 'topology of snapshots: they can be used where their appliance is reached',
  },
];

export const EXPANSION_CAPABILITIES: readonly Advertised<Expansion>[] = [
  { type: Expansion.ONLINE, meaning: 'volumes grow while they are in use' },
];

export const CONTROLLER_CAPABILITIES: readonly Advertised<Controller>[] = [
  { type: Controller.CREATE_DELETE_VOLUME, meaning: 'dynamic provisioning' },
  { type: Controller.PUBLISH_UNPUBLISH_VOLUME, meaning: 'attach and detach with a record on the appliance' },
  { type: Controller.PUBLISH_READONLY, meaning: 'read-only attachment' },
  { type: Controller.LIST_VOLUMES, meaning: 'paged lists of all volumes of this cluster' },
  { type: Controller.LIST_VOLUMES_PUBLISHED_NODES, meaning: 'lists say where volumes are attached' },
  { type: Controller.GET_VOLUME, meaning: 'one volume with its attachments' },
  { type: Controller.GET_CAPACITY, meaning: 'free space by pool and provisioning' },
  { type: Controller.EXPAND_VOLUME, meaning: 'growth on the appliance' },
  {
    type: Controller.CREATE_DELETE_SNAPSHOT,
    meaning: 'snapshots in constant time, on pools that can (btrfs); experimental, see below',
  },
  { type: Controller.LIST_SNAPSHOTS, meaning: 'paged lists of snapshots, by id and by source' },
  { type: Controller.GET_SNAPSHOT, meaning: 'one snapshot' },
  { type: Controller.CLONE_VOLUME, meaning: 'volumes from volumes, on pools that can' },
  { type: Controller.MODIFY_VOLUME, meaning: 'VolumeAttributesClass: compression, and how nodes connect' },
  { type: Controller.SINGLE_NODE_MULTI_WRITER, meaning: 'ReadWriteOncePod is told from ReadWriteOnce' },
  { type: Controller.GET_VOLUME_HEALTH, meaning: "one volume's health as the appliance sees it" },
  { type: Controller.LIST_VOLUME_HEALTH, meaning: 'all volumes that are not well' },
];

export const GROUP_CONTROLLER_CAPABILITIES: readonly Advertised<Group>[] = [
  {
    type: Group.CREATE_DELETE_GET_VOLUME_GROUP_SNAPSHOT,
    meaning:
      'all members or none, and of one moment; of volumes that are written to meanwhile only where the class says `consistency: member`',
  },
];

export const NODE_CAPABILITIES: readonly Advertised<Node>[] = [
  {
    type: Node.STAGE_UNSTAGE_VOLUME,
    meaning: 'a volume is attached and mounted once a node, for all its pods',
  },
  { type: Node.GET_VOLUME_STATS, meaning: 'bytes and inodes in use' },
  { type: Node.EXPAND_VOLUME, meaning: 'growth of device and file system' },
  { type: Node.SINGLE_NODE_MULTI_WRITER, meaning: 'ReadWriteOncePod: a second pod on the node is refused' },
  { type: Node.GET_VOLUME_HEALTH, meaning: "one volume's health as this node sees it" },
  { type: Node.GET_STORAGE_HEALTH, meaning: 'whether this node reaches the storage' },
];
