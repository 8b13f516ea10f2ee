import type { Extent, Space } from './space.ts';

/** The least of a btrfs subvolume that RouterOS shows. Times in ms since 1970. */
export interface Subvolume {
  readonly id: string;
  readonly number: number;
  readonly uuid: string;
  readonly createdMs: number;
  generation: number;
  readOnly: boolean;
  /** The subvolume that it is a snapshot of, by id; undefined: none. The source may be gone. */
  readonly source: string | undefined;
  mount: boolean;
  mountpoint: string;
}

export interface FileNode {
  readonly kind: 'file';
  readonly id: string;
  name: string;
  folder: FolderNode;
  size: bigint;
  /** Of a text file; undefined: an image, whose bytes the model doesn't have. */
  contents: string | undefined;
  /** Grows with each change; a snapshot's file has its source's. So tests tell whose bytes a file has. */
  generation: number;
  extents: Extent[];
  modifiedMs: number;
  /** The file system that a guest made in it; RouterOS looks for one. */
  guestFs: string | undefined;
}

export interface FolderNode {
  /** disk: a mount point. */
  readonly kind: 'root' | 'disk' | 'directory';
  readonly id: string;
  name: string;
  folder: FolderNode | undefined;
  readonly children: Map<string, TreeNode>;
  readonly space: Space;
  subvolume: Subvolume | undefined;
  modifiedMs: number;
  /** A mount point without its file system: what was in it can't be seen. */
  hidden: boolean;
}

export type TreeNode = FileNode | FolderNode;

/** As `/file` names it: no leading slash. The root's path is empty. */
export function pathOf(node: TreeNode): string {
  const above = node.folder;
  return above?.folder ? `${pathOf(above)}/${node.name}` : node.name;
}

/** The subvolume that the node is in (or is). */
export function subvolumeFolder(node: TreeNode): FolderNode | undefined {
  for (let at: TreeNode | undefined = node; at; at = at.folder) {
    if (at.kind !== 'file' && at.subvolume) return at;
  }
  return undefined;
}

/** How many folders it is below its mount point. */
export function depthOf(node: TreeNode): number {
  let depth = 0;
  for (let at = node; at.folder && at.kind !== 'disk'; at = at.folder) depth += 1;
  return depth;
}

/**
 * Level by level, as the manual's listings of `/file` are (page «Btrfs subvolumes and snapshots»). What an offline pool
 * holds is left out.
 */
export function* everything(root: FolderNode): Generator<TreeNode> {
  const folders = [root];
  // The list grows while it is walked.
  for (const folder of folders) {
    if (folder.hidden) continue;
    for (const node of folder.children.values()) {
      yield node;
      if (node.kind !== 'file') folders.push(node);
    }
  }
}
