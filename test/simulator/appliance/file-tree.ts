import type { Assumptions } from './assumptions.ts';
import { failure, unknownValue } from './failures.ts';
import { ItemIds } from './ids.ts';
import {
  type FileNode,
  type FolderNode,
  pathOf,
  type Subvolume,
  subvolumeFolder,
  type TreeNode,
} from './nodes.ts';
import type { DiskStore } from './ports.ts';
import type { Space } from './space.ts';

export interface FileTreeOptions {
  /** The appliance's own flash, where files without a mount point are. */
  readonly flash: Space;
  readonly store: DiskStore;
  readonly assumptions: Assumptions;
  /** Wall clock, ms. */
  readonly now: () => number;
  readonly ids?: ItemIds;
}

/** Files, folders and mount points of all pools: what `/file` shows and what images are made of. */
export class FileTree {
  readonly root: FolderNode;
  readonly ids: ItemIds;
  private readonly byId = new Map<string, TreeNode>();
  private readonly counts = new Map<Space, number>();
  /** Called with every node that goes, before it goes. */
  onRemove: (node: TreeNode) => void = () => undefined;

  constructor(private readonly options: FileTreeOptions) {
    this.ids = options.ids ?? new ItemIds();
    this.root = this.folderNode('root', '*0', '', undefined, options.flash);
  }

  /** A mount point. The name may have folders in it; ASSUMED[model-edges]: it is one level, whatever the name. */
  mount(name: string, space: Space, subvolume: Subvolume | undefined, id = this.ids.next()): FolderNode {
    const disk = this.folderNode('disk', id, name, this.root, space);
    disk.subvolume = subvolume;
    return this.attach(disk);
  }

  node(id: string): TreeNode | undefined {
    const node = this.byId.get(id);
    return node && this.isVisible(node) ? node : undefined;
  }

  find(path: string): TreeNode | undefined {
    let at: TreeNode = this.root;
    for (const name of segments(path)) {
      if (at.kind === 'file' || at.hidden) return undefined;
      const next = at.children.get(name);
      if (!next) return undefined;
      at = next;
    }
    return at === this.root ? undefined : at;
  }

  /** Where something of that path would stand. @throws ScriptError a parent is absent or is a file */
  place(path: string, create = this.options.assumptions.missingFolder === 'created'): Place {
    const names = segments(path);
    const name = names.pop();
    if (name === undefined || names.includes('..') || name === '..') throw unknownValue('name');
    let folder = this.root;
    for (const step of names) folder = this.enter(folder, step, create);
    if (folder.hidden) throw failure('no folder');
    return { folder, name };
  }

  /** @throws ScriptError it exists, or the place can't be written */
  addFolder({ folder, name }: Place, subvolume?: Subvolume): FolderNode {
    this.requireFree({ folder, name });
    const node = this.folderNode('directory', this.ids.next(), name, folder, folder.space);
    node.subvolume = subvolume;
    return this.attach(node);
  }

  /** @param source what it is a snapshot of @throws ScriptError as {@link addFolder} */
  addSubvolume(place: Place, subvolume: Subvolume, source: FolderNode | undefined): FolderNode {
    const folder = this.addFolder(place, subvolume);
    this.options.store.subvolumes?.add(pathOf(folder), subvolume.readOnly, source && pathOf(source));
    if (source) this.cloneInto(source, folder);
    return folder;
  }

  setReadOnly(folder: FolderNode, subvolume: Subvolume, readOnly: boolean): void {
    if (subvolume.readOnly === readOnly) return;
    subvolume.readOnly = readOnly;
    this.options.store.subvolumes?.setReadOnly(pathOf(folder), readOnly);
  }

  /** @param allocate of the size; for an image that takes its space later: 0. @throws ScriptError */
  addFile({ folder, name }: Place, size: bigint, allocate: bigint, contents?: string): FileNode {
    this.requireFree({ folder, name });
    const extents = allocate > 0n ? [folder.space.allocate(allocate)] : [];
    const file: FileNode = {
      kind: 'file',
      id: this.ids.next(),
      name,
      folder,
      size,
      contents,
      generation: 1,
      extents,
      modifiedMs: this.options.now(),
      guestFs: undefined,
    };
    this.attach(file);
    this.options.store.create(pathOf(file), size, contents);
    return file;
  }

  /** @throws ScriptError the pool is full */
  resize(file: FileNode, size: bigint, allocate: boolean): void {
    this.fit(file, size, allocate);
    this.touch(file);
    this.options.store.resize(pathOf(file), size);
  }

  /** A text in place of all that was in the file. @throws ScriptError the pool is full */
  write(file: FileNode, contents: string, size: bigint): void {
    this.fit(file, size, true);
    file.contents = contents;
    this.touch(file);
    this.options.store.write(pathOf(file), contents);
  }

  /** Something in the file changed. @param bytes newly taken @throws ScriptError the pool is full */
  touch(file: FileNode, bytes = 0n): void {
    if (bytes > 0n) file.extents.push(file.folder.space.allocate(bytes));
    file.generation += 1;
    file.modifiedMs = this.options.now();
    const subvolume = subvolumeFolder(file)?.subvolume;
    if (subvolume) subvolume.generation += 1;
  }

  /** A snapshot's content: files share their bytes; a subvolume inside is an empty folder, as on Linux. */
  private cloneInto(source: FolderNode, target: FolderNode): void {
    for (const node of source.children.values()) {
      if (node.kind === 'file') this.shareFile(node, target);
      else {
        const folder = this.folderNode('directory', this.ids.next(), node.name, target, target.space);
        folder.modifiedMs = node.modifiedMs;
        this.attach(folder);
        if (!node.subvolume) this.cloneInto(node, folder);
      }
    }
  }

  /** @throws ScriptError the pool is full (where bytes aren't shared) */
  cloneFile(source: FileNode, { folder, name }: Place, shares: boolean): FileNode {
    const extents = shares
      ? source.extents.map((extent) => folder.space.share(extent))
      : [folder.space.allocate(source.extents.reduce((sum, { bytes }) => sum + bytes, 0n))];
    const file: FileNode = { ...source, id: this.ids.next(), name, folder, extents };
    if (!shares) file.modifiedMs = this.options.now();
    this.attach(file);
    this.options.store.clone(pathOf(source), pathOf(file));
    return file;
  }

  /** A file of a snapshot: a store with subvolumes has it there already. */
  private shareFile(source: FileNode, folder: FolderNode): void {
    const extents = source.extents.map((extent) => folder.space.share(extent));
    const file = this.attach<FileNode>({ ...source, id: this.ids.next(), folder, extents });
    if (!this.options.store.subvolumes) this.options.store.clone(pathOf(source), pathOf(file));
  }

  /** @throws ScriptError the place is taken, on another pool, or one of both can't be written */
  move(node: TreeNode, { folder, name }: Place): void {
    this.requireWritable(node);
    this.requireFree({ folder, name });
    if (folder.space !== node.folder?.space) throw failure('another file system');
    const before = pathOf(node);
    node.folder.children.delete(node.name);
    node.name = name;
    node.folder = folder;
    folder.children.set(name, node);
    this.options.store.move(before, pathOf(node));
  }

  /** Files and folders in a mount point. */
  count(mount: FolderNode): number {
    return this.counts.get(mount.space) ?? 0;
  }

  /** With all that is in it; the caller has asked whether it may. @param laterMs see {@link Space.release} */
  remove(node: TreeNode, laterMs = 0): void {
    if (node.kind !== 'file') {
      // The whole at once: single files of one that is read-only would not go.
      if (node.subvolume) this.options.store.subvolumes?.remove(pathOf(node));
      for (const child of [...node.children.values()]) this.remove(child, laterMs);
    }
    this.onRemove(node);
    this.options.store.remove(pathOf(node));
    if (node.kind === 'file') {
      for (const extent of node.extents) node.folder.space.release(extent, laterMs);
    }
    node.folder?.children.delete(node.name);
    this.byId.delete(node.id);
    this.tally(node, -1);
  }

  /** @throws ScriptError a read-only subvolume */
  requireWritable(node: TreeNode): void {
    if (subvolumeFolder(node)?.subvolume?.readOnly) throw failure('read-only');
  }

  /** For loading: a node as it was saved. */
  attach<N extends TreeNode>(node: N): N {
    node.folder?.children.set(node.name, node);
    this.byId.set(node.id, node);
    if (node.kind !== 'disk') this.tally(node, 1);
    return node;
  }

  /** For loading. */
  folderNode(
    kind: FolderNode['kind'],
    id: string,
    name: string,
    folder: FolderNode | undefined,
    space: Space,
  ): FolderNode {
    const children = new Map<string, TreeNode>();
    const modifiedMs = this.options.now();
    return { kind, id, name, folder, children, space, subvolume: undefined, modifiedMs, hidden: false };
  }

  /** ASSUMED[model-edges]: folders are made on pools only. */
  private enter(folder: FolderNode, name: string, create: boolean): FolderNode {
    const next = folder.hidden ? undefined : folder.children.get(name);
    if (next?.kind === 'file') throw failure('not a folder');
    if (next) return next;
    if (!create || folder === this.root || folder.hidden) throw failure('no folder');
    return this.addFolder({ folder, name });
  }

  private tally(node: TreeNode, by: number): void {
    const { space } = node.kind === 'file' ? node.folder : node;
    this.counts.set(space, (this.counts.get(space) ?? 0) + by);
  }

  private requireFree({ folder, name }: Place): void {
    if (folder.children.has(name)) throw failure('file exists');
    this.requireWritable(folder);
  }

  private isVisible(node: TreeNode): boolean {
    for (let at = node.folder; at; at = at.folder) if (at.hidden) return false;
    return true;
  }

  private fit(file: FileNode, size: bigint, allocate: boolean): void {
    if (size > file.size && allocate) file.extents.push(file.folder.space.allocate(size - file.size));
    if (size < file.size) this.shrinkExtents(file, size);
    file.size = size;
  }

  /** The last bytes go first; what is left of an extent that is cut is taken anew. */
  private shrinkExtents(file: FileNode, size: bigint): void {
    const { space } = file.folder;
    let allocated = file.extents.reduce((sum, { bytes }) => sum + bytes, 0n);
    for (let last = file.extents.pop(); last; last = file.extents.pop()) {
      if (allocated <= size) {
        file.extents.push(last);
        return;
      }
      space.release(last);
      allocated -= last.bytes;
      if (allocated < size) {
        file.extents.push(space.allocate(size - allocated));
        return;
      }
    }
  }
}

export interface Place {
  readonly folder: FolderNode;
  readonly name: string;
}

/** A leading slash makes no difference, as the manual says of `/file`. */
export const segments = (path: string): string[] =>
  path.split('/').filter((name) => name !== '' && name !== '.');
