import type { Assumptions } from './assumptions.ts';
import type { FileDiskItem, FileDiskSettings } from './disk-items.ts';
import type { DiskTable } from './disk-table.ts';
import type { Exports } from './exports.ts';
import { failure, invalidValue, missingValue } from './failures.ts';
import { type FileTree, segments } from './file-tree.ts';
import { type FileNode, pathOf } from './nodes.ts';
import type { ExportedImage } from './ports.ts';
import { byteLength } from './sizes.ts';

/** RouterOS 7.24 takes no longer slot; seen on an RDS2216. */
const SLOT_CHARACTERS = 32;
const DEFAULTS: Omit<FileDiskSettings, 'slot' | 'filePath' | 'fileSize'> = {
  comment: '',
  disabled: false,
  fileOffset: 0n,
  // Seen: RouterOS looks for a file system in the guest's image unless it is told not to.
  mountFilesystem: true,
  mountReadOnly: false,
  compress: false,
  nvmeExport: false,
  nvmePort: 4420n,
  nvmeNqn: '',
  nvmeAllowHost: '',
  nvmePassword: '',
};

/** A `set` that never comes back, by assumption. */
export class Hangs extends Error {}

/** The rules of `/disk add type=file`, `set` and `remove`: each item is checked before one is changed. */
export class FileDisks {
  constructor(
    private readonly table: DiskTable,
    private readonly tree: FileTree,
    private readonly exports: Exports,
    private readonly assumptions: Assumptions,
    /** The NQN of an item without one. Before 7.21 it was the slot. */
    private readonly defaultNqn: (slot: string) => string,
  ) {}

  /**
   * @param wish what the command says
   * @param source the item of `copy-from`: it gives what the wish doesn't say, its path and export as well; no data
   * @throws ScriptError
   */
  add(wish: Partial<FileDiskSettings>, source?: FileDiskSettings): FileDiskItem {
    const filePath = wish.filePath ?? source?.filePath;
    if (filePath === undefined) throw missingValue('file-path');
    const settings: FileDiskSettings = {
      ...DEFAULTS,
      fileSize: -1n,
      ...source,
      slot: this.freeSlot(),
      ...wish,
      filePath: `/${segments(filePath).join('/')}`,
    };
    this.check(undefined, settings);
    const image = this.openImage(settings);
    const item: FileDiskItem = {
      kind: 'file',
      id: this.table.ids.next(),
      settings: { ...settings, fileSize: image.size },
      image,
    };
    this.table.add(item);
    const exported = this.exported(item);
    if (exported) this.exports.start(exported);
    return item;
  }

  /** @throws ScriptError · Hangs */
  set(items: readonly FileDiskItem[], change: Partial<FileDiskSettings>): void {
    if (change.slot !== undefined && items.length > 1) throw failure('slot exists');
    const plan = items.map((item) => ({ item, next: { ...item.settings, ...change } }));
    for (const { item, next } of plan) this.check(item, next);
    for (const { item, next } of plan) this.apply(item, next);
  }

  /** The images stay: the manual and a real device agree. @throws ScriptError · Hangs */
  remove(items: readonly FileDiskItem[]): void {
    for (const item of items) this.requireStoppable(item);
    for (const item of items) {
      this.stop(item);
      this.table.remove(item);
    }
  }

  /** What the item serves; undefined: nothing. */
  exported(item: FileDiskItem): ExportedImage | undefined {
    const { settings, image } = item;
    if (!wantsExport(settings) || !image || !this.table.poolOf(image)) return undefined;
    return {
      slot: settings.slot,
      nqn: this.nqn(settings),
      port: Number(settings.nvmePort),
      path: pathOf(image),
      bytes: image.size - settings.fileOffset,
      allowHostName: settings.nvmeAllowHost,
    };
  }

  nqn(settings: FileDiskSettings): string {
    return settings.nvmeNqn === '' ? this.defaultNqn(settings.slot) : settings.nvmeNqn;
  }

  private apply(item: FileDiskItem, next: FileDiskSettings): void {
    const before = item.settings;
    const stays = wantsExport(before) && wantsExport(next) && this.sameTarget(before, next);
    if (item.image && next.fileSize !== before.fileSize) this.resize(item.image, next.fileSize);
    if (!stays) this.stop(item);
    this.table.update(item, next);
    const exported = this.exported(item);
    if (!exported) return;
    if (!stays) this.exports.start(exported);
    else if (this.assumptions.growthWhileExported === 'at-once') {
      this.exports.resize(next.slot, exported.bytes);
    }
  }

  private stop(item: FileDiskItem): void {
    this.exports.stop(item.settings.slot, this.assumptions.stopExport === 'keeps-session');
  }

  private check(item: FileDiskItem | undefined, next: FileDiskSettings): void {
    this.checkSlot(item, next.slot);
    if (byteLength(next.comment) > this.assumptions.commentBytes) throw failure('comment length');
    if (next.nvmePort < 1n || next.nvmePort > 65_535n) throw invalidValue('nvme-tcp-server-port');
    if (item && next.fileSize !== item.settings.fileSize) this.checkSize(item, next.fileSize);
    if (next.compress && !item?.settings.compress) this.checkCompress(next.filePath);
    if (wantsExport(next)) this.checkTarget(item, next);
    if (item && wantsExport(item.settings)) this.checkChangeOfExport(item, next);
  }

  private checkSlot(item: FileDiskItem | undefined, slot: string): void {
    if (slot === '') throw invalidValue('slot');
    if ([...slot].length > SLOT_CHARACTERS) throw failure('slot length');
    const other = this.table.slot(slot);
    if (other && other !== item) throw failure('slot exists');
  }

  private checkSize(item: FileDiskItem, size: bigint): void {
    const { image } = item;
    if (!image) throw failure('no folder');
    this.tree.requireWritable(image);
    if (size < image.size && this.assumptions.shrink === 'refused') throw failure('shrink');
    if (this.allocates && size > image.size) image.folder.space.require(size - image.size);
  }

  private checkCompress(path: string): void {
    const parent = this.tree.find(path.slice(0, path.lastIndexOf('/')));
    const pool = parent && this.table.poolOf(parent);
    if (this.assumptions.compressFileDisk !== 'by-pool' || pool?.fs !== 'btrfs') throw failure('compress');
  }

  private checkTarget(item: FileDiskItem | undefined, next: FileDiskSettings): void {
    const slot = item?.settings.slot;
    const { duplicateNqn, duplicatePort } = this.assumptions;
    if (duplicateNqn === 'refused' && this.exports.servesNqn(this.nqn(next), slot)) {
      throw failure('duplicate nqn');
    }
    if (duplicatePort === 'refused' && this.exports.servesPort(Number(next.nvmePort), slot)) {
      throw failure('duplicate port');
    }
  }

  private checkChangeOfExport(item: FileDiskItem, next: FileDiskSettings): void {
    if (!wantsExport(next)) this.requireStoppable(item);
    else if (!this.sameTarget(item.settings, next)) {
      if (this.assumptions.changeWhileExported === 'refused') throw failure('exported item');
      this.requireStoppable(item);
    }
  }

  private requireStoppable(item: FileDiskItem): void {
    if (!this.exports.isUsed(item.settings.slot)) return;
    if (this.assumptions.stopExport === 'busy') throw failure('busy');
    if (this.assumptions.stopExport === 'hangs') throw new Hangs(`stopping ${item.settings.slot}`);
  }

  private sameTarget(a: FileDiskSettings, b: FileDiskSettings): boolean {
    return (
      a.slot === b.slot &&
      this.nqn(a) === this.nqn(b) &&
      a.nvmePort === b.nvmePort &&
      a.nvmeAllowHost === b.nvmeAllowHost &&
      a.nvmePassword === b.nvmePassword
    );
  }

  private openImage(settings: FileDiskSettings): FileNode {
    const { filePath, fileSize } = settings;
    const existing = this.tree.find(filePath);
    if (existing) return this.takeImage(existing.kind === 'file' ? existing : undefined, fileSize);
    if (fileSize < 0n) throw failure('needs size');
    const place = this.tree.place(filePath);
    if (!this.table.poolOf(place.folder)) throw failure('no pool');
    return this.tree.addFile(place, fileSize, this.allocates ? fileSize : 0n);
  }

  private takeImage(image: FileNode | undefined, size: bigint): FileNode {
    if (!image) throw failure('file exists');
    if (this.assumptions.duplicatePath === 'refused' && this.table.usersOf(image).length > 0) {
      throw failure('image in use');
    }
    if (this.assumptions.existingImage === 'refused') throw failure('file exists');
    this.tree.requireWritable(image);
    if (this.allocates && size > image.size) image.folder.space.require(size - image.size);
    if (this.assumptions.existingImage === 'truncated') this.resize(image, 0n);
    if (size < 0n) return image;
    if (size < image.size && this.assumptions.shrink === 'refused') throw failure('shrink');
    if (size !== image.size) this.resize(image, size);
    return image;
  }

  private resize(image: FileNode, size: bigint): void {
    this.tree.resize(image, size, this.allocates);
  }

  private get allocates(): boolean {
    return this.assumptions.imageAllocation === 'full';
  }

  /** ASSUMED[model-edges]: the first free of file1, file2 … */
  private freeSlot(): string {
    for (let number = 1; ; number += 1) {
      if (!this.table.slot(`file${number}`)) return `file${number}`;
    }
  }
}

const wantsExport = (settings: FileDiskSettings): boolean => settings.nvmeExport && !settings.disabled;
