import type { FileDiskSettings, PoolItem } from './disk-items.ts';
import type { DiskTable } from './disk-table.ts';
import type { FileTree } from './file-tree.ts';
import { everything, type FileNode, pathOf, type Subvolume, type TreeNode } from './nodes.ts';
import type { Service, Services, SshSettings } from './services.ts';
import type { Extent } from './space.ts';
import type { Subvolumes } from './subvolumes.ts';
import type { ApplianceClock } from './time.ts';

/** What of an appliance has state. */
interface Stateful {
  identity: string;
  readonly clock: ApplianceClock;
  readonly table: DiskTable;
  readonly tree: FileTree;
  readonly subvolumeTable: Subvolumes;
  readonly services: Services;
}

type ExtentState = Pick<Extent, 'id' | 'bytes'>;

type PoolState = Pick<
  PoolItem,
  'slot' | 'comment' | 'fsUuid' | 'state' | 'compress' | 'online' | 'mountFilesystem'
> & {
  readonly root: Subvolume | undefined;
  readonly raidUuid: string | undefined;
};

type NodeState = {
  readonly id: string;
  readonly path: string;
  readonly modifiedMs: number;
} & (
  | ({ readonly kind: 'file'; readonly extents: readonly ExtentState[] } & Pick<
      FileNode,
      'size' | 'contents' | 'generation' | 'guestFs'
    >)
  | { readonly kind: 'directory'; readonly subvolume: Subvolume | undefined }
);

/** What survives a restart of the simulator: configuration, ids, the clock's error, files. Not: who is connected. */
export interface ApplianceState {
  readonly format: 1;
  readonly identity: string;
  readonly aheadMs: number;
  readonly ids: { readonly disks: number; readonly files: number; readonly subvolumes: number };
  readonly pools: readonly PoolState[];
  readonly nodes: readonly NodeState[];
  readonly disks: readonly {
    readonly id: string;
    readonly settings: FileDiskSettings;
    readonly image: string | undefined;
  }[];
  readonly services: readonly Service[];
  readonly ssh: SshSettings;
}

export function capture(appliance: Stateful): ApplianceState {
  const { table, tree, subvolumeTable, services } = appliance;
  // An offline pool's files are hidden, not gone.
  const hidden = [...table.pools()].filter(({ mount }) => mount.hidden);
  for (const { mount } of hidden) mount.hidden = false;
  const nodes = [...everything(tree.root)].filter(({ kind }) => kind !== 'disk').map(nodeState);
  for (const { mount } of hidden) mount.hidden = true;
  return {
    format: 1,
    identity: appliance.identity,
    aheadMs: appliance.clock.aheadMs,
    ids: { disks: table.ids.used, files: tree.ids.used, subvolumes: subvolumeTable.ids.used },
    pools: [...table.pools()].map(poolState),
    nodes,
    disks: [...table.fileDisks()].map(({ id, settings, image }) => ({
      id,
      settings,
      image: image && pathOf(image),
    })),
    services: services.list,
    ssh: services.ssh,
  };
}

/** Into an appliance that was just made from the same options. @throws RangeError they aren't the same */
export function restore(appliance: Stateful, state: ApplianceState): void {
  const { table, tree, subvolumeTable, services } = appliance;
  appliance.identity = state.identity;
  appliance.clock.aheadMs = state.aheadMs;
  for (const pool of state.pools) restorePool(appliance, pool);
  for (const node of state.nodes) restoreNode(appliance, node);
  for (const { id, settings, image } of state.disks) {
    const node = image === undefined ? undefined : tree.find(image);
    table.add({ kind: 'file', id, settings, image: node?.kind === 'file' ? node : undefined });
  }
  for (const pool of table.pools()) pool.mount.hidden = !(pool.online && pool.mountFilesystem);
  table.ids.skipTo(state.ids.disks);
  tree.ids.skipTo(state.ids.files);
  subvolumeTable.ids.skipTo(state.ids.subvolumes);
  for (const service of services.list) {
    Object.assign(
      service,
      state.services.find(({ id }) => id === service.id),
    );
  }
  Object.assign(services.ssh, state.ssh);
}

function poolState(pool: PoolItem): PoolState {
  const { slot, comment, fsUuid, state, compress, online, mountFilesystem, mount, raid } = pool;
  return {
    slot,
    comment,
    fsUuid,
    state,
    compress,
    online,
    mountFilesystem,
    root: mount.subvolume,
    raidUuid: raid?.uuid,
  };
}

function nodeState(node: TreeNode): NodeState {
  const common = { id: node.id, path: pathOf(node), modifiedMs: node.modifiedMs };
  if (node.kind !== 'file') return { ...common, kind: 'directory', subvolume: node.subvolume };
  const { size, contents, generation, guestFs } = node;
  return {
    ...common,
    kind: 'file',
    size,
    contents,
    generation,
    guestFs,
    extents: node.extents.map(({ id, bytes }) => ({ id, bytes })),
  };
}

function restorePool({ table, subvolumeTable }: Stateful, { slot, root, ...state }: PoolState): void {
  const pool = table.slot(slot);
  if (pool?.kind !== 'pool')
    throw new RangeError(`the saved state has a pool ${slot}; the options have none`);
  const { raidUuid, ...settings } = state;
  Object.assign(pool, settings);
  if (pool.raid && raidUuid !== undefined) Object.assign(pool.raid, { uuid: raidUuid });
  pool.mount.subvolume = root;
  subvolumeTable.adopt(pool.mount);
}

function restoreNode({ tree, subvolumeTable }: Stateful, state: NodeState): void {
  const { id, path, modifiedMs } = state;
  const { folder, name } = tree.place(path, false);
  if (state.kind === 'directory') {
    const node = tree.attach(tree.folderNode('directory', id, name, folder, folder.space));
    Object.assign(node, { modifiedMs, subvolume: state.subvolume });
    subvolumeTable.adopt(node);
    return;
  }
  const { size, contents, generation, guestFs } = state;
  const extents = state.extents.map((extent) => folder.space.restore(extent));
  tree.attach({ kind: 'file', id, name, folder, size, contents, generation, guestFs, modifiedMs, extents });
}
