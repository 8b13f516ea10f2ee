import { type Schema, schemaOf } from '../schema/schema.ts';
import { Accounts } from './accounts.ts';
import { type Assumptions, UNKIND } from './assumptions.ts';
import { plugIn } from './devices.ts';
import { type FileDiskItem, type FileDiskSettings, isMounted, type PoolItem } from './disk-items.ts';
import { DiskTable } from './disk-table.ts';
import { Exports, type InitiatorSession } from './exports.ts';
import { FileDisks } from './file-disks.ts';
import { FileTree } from './file-tree.ts';
import { Log } from './log.ts';
import { everything, type FileNode, pathOf } from './nodes.ts';
import type { ApplianceOptions } from './options.ts';
import { type ExportedImage, SILENT_EXPORTER, VIRTUAL_STORE } from './ports.ts';
import { Services } from './services.ts';
import { Space } from './space.ts';
import { type ApplianceState, capture, restore } from './state.ts';
import { Subvolumes } from './subvolumes.ts';
import { ApplianceClock } from './time.ts';

/** ASSUMED[model-edges]: the appliance's own flash; only files outside of pools are on it. */
const FLASH_BYTES = 128n << 20n;

/** A file disk for assertions. */
export interface DiskView extends FileDiskSettings {
  readonly id: string;
  /** The image is there and can be read. */
  readonly hasImage: boolean;
  /** The NQN that it is or would be exported under. */
  readonly nqn: string;
}

/** A file, folder or mount point for assertions. */
export interface FileView {
  /** As `/file` has it. */
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'disk' | 'subvolume';
  readonly size: bigint;
  readonly contents: string | undefined;
  /** Of a file: grows with every write; a snapshot's file keeps its source's of that moment. */
  readonly generation: number;
}

/** A subvolume for assertions. */
export interface SubvolumeView {
  readonly id: string;
  readonly pool: string;
  readonly name: string;
  readonly fullname: string;
  readonly readOnly: boolean;
  /** Full name of what it is a snapshot of; undefined: nothing, or it is gone. */
  readonly source: string | undefined;
}

/** A pool for assertions. Bytes. */
export interface PoolView {
  readonly slot: string;
  readonly size: bigint;
  readonly free: bigint;
  readonly online: boolean;
  readonly state: string;
}

/**
 * A RouterOS appliance with rose-storage, in memory: `/disk`, `/file` and what else a storage driver looks at. The
 * menus (`test/simulator/menus`) are the only way for scripts to it; tests look at it and play its accidents here.
 */
export class Appliance {
  readonly schema: Schema;
  readonly assumptions: Assumptions;
  readonly clock: ApplianceClock;
  readonly packages: readonly string[];
  readonly accounts: Accounts;
  readonly services: Services;
  readonly log: Log;
  identity: string;

  readonly table = new DiskTable();
  readonly tree: FileTree;
  readonly subvolumeTable: Subvolumes;
  readonly exportTable: Exports;
  readonly fileDisks: FileDisks;

  /** @param state what `state()` gave before a restart; the options must name the same pools. */
  constructor(options: ApplianceOptions, state?: ApplianceState) {
    this.schema = schemaOf(options.version);
    this.assumptions = { ...UNKIND, ...options.assumptions };
    this.clock = new ApplianceClock(options.clock);
    this.identity = options.identity ?? 'MikroTik';
    this.packages = options.packages ?? ['routeros', 'rose-storage'];
    const { assumptions } = this;
    const { now, monotonic } = this.clock;
    this.accounts = new Accounts(options.users, now);
    this.services = new Services(options.maxSessions ?? 20);
    this.log = new Log(now);
    const store = options.store ?? VIRTUAL_STORE;
    this.tree = new FileTree({ flash: new Space(FLASH_BYTES, 0n, monotonic), store, assumptions, now });
    this.subvolumeTable = new Subvolumes(this.table, this.tree, assumptions, now, options.random);
    const exporter = options.exporter ?? SILENT_EXPORTER;
    this.exportTable = new Exports(exporter, assumptions, monotonic, (slot, bytes) =>
      this.write(slot, bytes),
    );
    const hasNqn = this.schema.hasArgument('/disk', 'add', 'nvme-tcp-server-nqn');
    this.fileDisks = new FileDisks(this.table, this.tree, this.exportTable, assumptions, (slot) =>
      hasNqn ? `nqn.2000-02.com.mikrotik:${slot}` : slot,
    );
    plugIn(options, { table: this.table, tree: this.tree, subvolumes: this.subvolumeTable, monotonic });
    this.tree.onRemove = (node) => node.kind === 'file' && this.loseImage(node);
    if (state) restore(this, state);
    this.startExports();
  }

  get version(): string {
    return this.schema.version;
  }

  disks(): readonly DiskView[] {
    return [...this.table.fileDisks()].map((item) => this.diskView(item));
  }

  disk(slot: string): DiskView | undefined {
    const item = this.table.slot(slot);
    return item?.kind === 'file' ? this.diskView(item) : undefined;
  }

  files(): readonly FileView[] {
    return [...everything(this.tree.root)].map((node) => ({
      name: pathOf(node),
      kind: node.kind === 'directory' && node.subvolume ? 'subvolume' : (node.kind as FileView['kind']),
      size: node.kind === 'file' ? node.size : 0n,
      contents: node.kind === 'file' ? node.contents : undefined,
      generation: node.kind === 'file' ? node.generation : 0,
    }));
  }

  subvolumes(): readonly SubvolumeView[] {
    return [...this.subvolumeTable.items()].map((item) => {
      const { source } = item.subvolume;
      const from = source === undefined ? undefined : this.subvolumeTable.item(source);
      return {
        id: item.subvolume.id,
        pool: item.pool.slot,
        name: this.subvolumeTable.name(item),
        fullname: this.subvolumeTable.fullname(item),
        readOnly: item.subvolume.readOnly,
        source: from && this.subvolumeTable.fullname(from),
      };
    });
  }

  /** What is being served. */
  exports(): readonly ExportedImage[] {
    return this.exportTable.list();
  }

  /** @throws RangeError there is no such pool */
  pool(slot: string): PoolView {
    const { space, online, state } = this.poolItem(slot);
    return { slot, size: space.bytes, free: space.free, online, state };
  }

  /** A host connects, as a test plays it. @throws NvmeRefused */
  connectInitiator(nqn: string, port: number, hostNqn: string): InitiatorSession {
    return this.exportTable.connect(nqn, port, hostNqn);
  }

  /** Power goes: initiators are gone, nothing is exported. */
  powerDown(): void {
    this.exportTable.drop();
  }

  /** Power off and on: uptime starts anew, initiators are gone, exports come back by assumption, the log is empty. */
  reboot(): void {
    this.powerDown();
    this.accounts.clear();
    this.log.clear();
    this.clock.boot();
    this.exportTable.startAtBoot(this.wantedExports());
    this.log.add('system,info', 'router rebooted');
  }

  /** The wall clock jumps; uptime and waits go on. */
  jumpClock(ms: number): void {
    this.clock.aheadMs += ms;
  }

  /** A RAID's state as `/disk print` has it: "degraded", "clean, sync:repair, resync = 12.3%". */
  setPoolState(slot: string, state: string): void {
    this.poolItem(slot).state = state;
  }

  /** The pool's device goes or comes: what it holds can't be seen meanwhile, and its exports stop. */
  setPoolOnline(slot: string, online: boolean): void {
    const pool = this.poolItem(slot);
    pool.online = online;
    this.poolChanged(pool);
  }

  /** After a change that mounts or unmounts the pool. */
  poolChanged(pool: PoolItem): void {
    pool.mount.hidden = !isMounted(pool);
    for (const item of this.table.fileDisks()) {
      const exported = this.fileDisks.exported(item);
      if (!exported) this.exportTable.stop(item.settings.slot);
      else if (!this.isServed(item)) this.exportTable.start(exported);
    }
  }

  /** A guest makes a file system in its image. RouterOS mounts it, unless `mount-filesystem=no`. */
  formatImage(slot: string, fs: string): void {
    const item = this.table.slot(slot);
    if (item?.kind !== 'file' || !item.image) throw new RangeError(`${slot} has no image`);
    item.image.guestFs = fs;
    this.tree.touch(item.image);
  }

  /** Something that was there before: a left-over image, a file of a person. The folder must exist. */
  plantFile(path: string, size: bigint, contents?: string): void {
    this.tree.addFile(this.tree.place(path, false), size, size, contents);
  }

  /** Everything that survives a restart, as JSON can hold it (see `state.ts`). */
  state(): ApplianceState {
    return capture(this);
  }

  private write(slot: string, bytes: bigint): void {
    const item = this.table.slot(slot);
    if (item?.kind === 'file' && item.image) this.tree.touch(item.image, bytes);
  }

  private loseImage(node: FileNode): void {
    for (const item of this.table.usersOf(node)) {
      this.exportTable.stop(item.settings.slot);
      this.table.loseImage(item);
    }
  }

  private startExports(): void {
    this.exportTable.startAtBoot(this.wantedExports());
  }

  private wantedExports(): readonly ExportedImage[] {
    return [...this.table.fileDisks()].flatMap((item) => this.fileDisks.exported(item) ?? []);
  }

  private isServed(item: FileDiskItem): boolean {
    return this.exportTable.serves(item.settings.slot);
  }

  private diskView(item: FileDiskItem): DiskView {
    const hasImage = item.image !== undefined && this.table.poolOf(item.image) !== undefined;
    return { ...item.settings, id: item.id, hasImage, nqn: this.fileDisks.nqn(item.settings) };
  }

  private poolItem(slot: string): PoolItem {
    const item = this.table.slot(slot);
    if (item?.kind === 'pool') return item;
    throw new RangeError(`there is no pool ${slot}`);
  }
}
