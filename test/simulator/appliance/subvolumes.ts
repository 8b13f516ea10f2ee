import type { Assumptions } from './assumptions.ts';
import { isMounted, type PoolItem } from './disk-items.ts';
import type { DiskTable } from './disk-table.ts';
import { failure, unknownValue } from './failures.ts';
import type { FileTree } from './file-tree.ts';
import { ItemIds } from './ids.ts';
import { everything, type FolderNode, pathOf, type Subvolume, subvolumeFolder } from './nodes.ts';
import { uuid } from './random.ts';

/** How the manual writes the root subvolume. */
const FS_ROOT = '<FS_ROOT>';

/** A subvolume with where it is. */
export interface SubvolumeItem {
  readonly pool: PoolItem;
  readonly folder: FolderNode;
  readonly subvolume: Subvolume;
}

export interface SubvolumeWish {
  /** The label of the file system. */
  readonly fs: string;
  readonly name: string;
  /** An id, a name, a full name. */
  readonly parent: string | undefined;
  readonly readOnly: boolean;
  readonly mount: boolean;
  readonly mountpoint: string;
}

export interface SubvolumeChange {
  readonly name?: string;
  readonly readOnly?: boolean;
  readonly mount?: boolean;
  readonly mountpoint?: string;
}

/** `/disk/btrfs/subvolume` of all btrfs pools. */
export class Subvolumes {
  private readonly folders = new Map<string, FolderNode>();
  /** btrfs numbers what is not the root from 256 on. */
  private numbers = 255;
  private transactions = 1;

  constructor(
    private readonly table: DiskTable,
    private readonly tree: FileTree,
    private readonly assumptions: Assumptions,
    private readonly now: () => number,
    private readonly random: (bytes: number) => Uint8Array,
    readonly ids = new ItemIds(),
  ) {}

  /** Of pools that are mounted. */
  *items(): Generator<SubvolumeItem> {
    for (const [id] of this.folders) {
      const item = this.item(id);
      if (item) yield item;
    }
  }

  item(id: string): SubvolumeItem | undefined {
    const folder = this.folders.get(id);
    const pool = folder && this.table.poolOf(folder);
    return folder?.subvolume && pool ? { pool, folder, subvolume: folder.subvolume } : undefined;
  }

  /** The last part of its path: the manual removes `Snapshots/Photos-22012025` by `name=Photos-22012025`. */
  name({ folder }: SubvolumeItem): string {
    return folder.kind === 'disk' ? FS_ROOT : folder.name;
  }

  fullname({ pool, folder }: SubvolumeItem): string {
    return folder === pool.mount ? FS_ROOT : pathOf(folder).slice(pathOf(pool.mount).length + 1);
  }

  /** The subvolume that it is in. */
  topLevel(item: SubvolumeItem): string {
    const above = item.folder.folder && subvolumeFolder(item.folder.folder);
    const id = above?.subvolume?.id;
    const found = id === undefined ? undefined : this.item(id);
    return found ? this.fullname(found) : FS_ROOT;
  }

  /** @throws ScriptError */
  add(wish: SubvolumeWish): SubvolumeItem {
    const pool = [...this.table.pools()].find(
      (candidate) => isMounted(candidate) && labelled(candidate, wish.fs),
    );
    if (!pool) throw unknownValue('fs');
    const parent = wish.parent === undefined ? undefined : this.parent(pool, wish.parent);
    const place = this.tree.place(`${pathOf(pool.mount)}/${wish.name}`);
    const subvolume = this.make({ ...wish, source: parent?.subvolume.id });
    const folder = this.tree.addSubvolume(place, subvolume, parent?.folder);
    this.folders.set(subvolume.id, folder);
    return { pool, folder, subvolume };
  }

  /** @throws ScriptError */
  set(items: readonly SubvolumeItem[], change: SubvolumeChange): void {
    for (const { pool, folder, subvolume } of items) {
      // First, as one that is read-only can't be moved (ASSUMED[model-edges]).
      if (change.readOnly === false) this.tree.setReadOnly(folder, subvolume, false);
      if (change.name !== undefined) {
        this.tree.move(folder, this.tree.place(`${pathOf(pool.mount)}/${change.name}`));
      }
      if (change.readOnly !== undefined) this.tree.setReadOnly(folder, subvolume, change.readOnly);
      if (change.mount !== undefined) subvolume.mount = change.mount;
      if (change.mountpoint !== undefined) subvolume.mountpoint = change.mountpoint;
    }
  }

  /** @throws ScriptError the root, one with subvolumes in it (as on Linux), one with images in use */
  remove(items: readonly SubvolumeItem[]): void {
    for (const item of items) this.requireRemovable(item);
    const laterMs = this.assumptions.subvolumeSpace === 'later' ? this.assumptions.subvolumeSpaceMs : 0;
    for (const { folder, subvolume } of items) {
      this.tree.remove(folder, laterMs);
      this.folders.delete(subvolume.id);
    }
  }

  /** The root of a new pool, which btrfs numbers 5. */
  makeRoot(): Subvolume {
    return this.make({ readOnly: false, mount: false, mountpoint: '', source: undefined }, 5);
  }

  /** For mount points, and for loading. */
  adopt(folder: FolderNode): void {
    const { subvolume } = folder;
    if (!subvolume) return;
    this.folders.set(subvolume.id, folder);
    this.numbers = Math.max(this.numbers, subvolume.number);
    this.transactions = Math.max(this.transactions, subvolume.generation);
  }

  private requireRemovable({ folder }: SubvolumeItem): void {
    if (folder.kind === 'disk') throw failure('root subvolume');
    for (const node of everything(folder)) {
      if (node.kind !== 'file' && node.subvolume) throw failure('folder not empty');
    }
    if (this.assumptions.removeUsedSubvolume === 'busy' && this.table.usesUnder(folder))
      throw failure('busy');
  }

  private make(
    wish: Pick<SubvolumeWish, 'readOnly' | 'mount' | 'mountpoint'> & { readonly source: string | undefined },
    number?: number,
  ): Subvolume {
    if (number === undefined) this.numbers += 1;
    this.transactions += 1;
    return {
      id: this.ids.next(),
      number: number ?? this.numbers,
      uuid: uuid(this.random),
      createdMs: this.now(),
      generation: this.transactions,
      readOnly: wish.readOnly,
      source: wish.source,
      mount: wish.mount,
      mountpoint: wish.mountpoint,
    };
  }

  private parent(pool: PoolItem, text: string): SubvolumeItem {
    const all = [...this.items()].filter((item) => item.pool === pool);
    const by = this.assumptions.subvolumeParent;
    const exact = all.find(
      (item) => item.subvolume.id === text || (by !== 'name' && this.fullname(item) === text),
    );
    if (exact) return exact;
    const named = by === 'fullname' ? [] : all.filter((item) => this.name(item) === text);
    if (named.length > 1) throw failure('ambiguous');
    if (!named[0]) throw unknownValue('parent');
    return named[0];
  }
}

const labelled = (pool: PoolItem, label: string): boolean => pool.fs === 'btrfs' && pool.label === label;
