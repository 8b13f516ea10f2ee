import { type DiskItem, type FileDiskItem, isMounted, type PoolItem, slotOf } from './disk-items.ts';
import { ItemIds } from './ids.ts';
import { everything, type FileNode, type FolderNode } from './nodes.ts';

/** The items of `/disk`, in their order, found by id, slot and image. */
export class DiskTable {
  private readonly byId = new Map<string, DiskItem>();
  private readonly bySlot = new Map<string, DiskItem>();
  private readonly byImage = new Map<FileNode, Set<FileDiskItem>>();

  constructor(readonly ids = new ItemIds()) {}

  items(): IterableIterator<DiskItem> {
    return this.byId.values();
  }

  item(id: string): DiskItem | undefined {
    return this.byId.get(id);
  }

  slot(slot: string): DiskItem | undefined {
    return this.bySlot.get(slot);
  }

  add(item: DiskItem): void {
    this.byId.set(item.id, item);
    this.bySlot.set(slotOf(item), item);
    if (item.kind === 'file') this.link(item);
  }

  /** Changes the item's settings and keeps the indexes. */
  update(item: FileDiskItem, settings: FileDiskItem['settings']): void {
    this.bySlot.delete(item.settings.slot);
    item.settings = settings;
    this.bySlot.set(settings.slot, item);
  }

  remove(item: FileDiskItem): void {
    this.byId.delete(item.id);
    this.bySlot.delete(item.settings.slot);
    this.unlink(item);
  }

  /** The image of an item was removed. */
  loseImage(item: FileDiskItem): void {
    this.unlink(item);
    item.image = undefined;
  }

  usersOf(image: FileNode): readonly FileDiskItem[] {
    return [...(this.byImage.get(image) ?? [])];
  }

  /** Whether an image in the folder, however deep, is used by an item. */
  usesUnder(folder: FolderNode): boolean {
    for (const node of everything(folder)) if (node.kind === 'file' && this.byImage.has(node)) return true;
    return false;
  }

  *pools(): Generator<PoolItem> {
    for (const item of this.items()) if (item.kind === 'pool') yield item;
  }

  *fileDisks(): Generator<FileDiskItem> {
    for (const item of this.items()) if (item.kind === 'file') yield item;
  }

  /** The mounted pool that the file is on; undefined: the flash, or a pool that is offline. */
  poolOf(node: FileNode | FolderNode): PoolItem | undefined {
    let at = node.kind === 'file' ? node.folder : node;
    while (at.kind !== 'disk' && at.folder) at = at.folder;
    for (const pool of this.pools()) if (pool.mount === at) return isMounted(pool) ? pool : undefined;
    return undefined;
  }

  private link(item: FileDiskItem): void {
    if (!item.image) return;
    const users = this.byImage.get(item.image) ?? new Set();
    users.add(item);
    this.byImage.set(item.image, users);
  }

  private unlink(item: FileDiskItem): void {
    const users = item.image && this.byImage.get(item.image);
    if (!users || !item.image) return;
    users.delete(item);
    if (users.size === 0) this.byImage.delete(item.image);
  }
}
