import type { BigIntStats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { formatBytes } from '../../../core/bytes.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { NqnNaming } from '../../../core/storage/nqn.ts';
import type { Provisioning, VolumeCondition } from '../../../core/storage/volume.ts';
import type { Epoch, VolumeId } from '../../../core/storage/volume-id.ts';
import { isOwnSlot } from '../../../core/storage/volume-id.ts';
import { errnoOf } from '../failure.ts';
import type {
  ImageOrigin,
  ImageRequest,
  ImageStore,
  SnapshotRequest,
  StagedImages,
  StoredImage,
} from '../image-store.ts';
import { copySparse, type Reflink } from './copy-image.ts';
import { type DurableFiles, exists } from './durable-files.ts';
import type { Allocate } from './fallocate.ts';
import { type Layout, slotOfImage } from './layout.ts';
import { type CopySource, copiedAtOneMoment } from './quiet-copy.ts';

export interface FolderImageOptions {
  readonly layout: Layout;
  readonly files: DurableFiles;
  readonly naming: NqnNaming;
  readonly unique: () => string;
  readonly allocate: Allocate;
  readonly reflink: Reflink;
}

/**
 * Images as files. An export is a hard link to the image under its NQN: a node that asks for an older epoch finds
 * nothing there.
 */
export class FolderImageStore implements ImageStore {
  readonly exportFolder: string;
  private readonly layout: Layout;
  private readonly files: DurableFiles;

  constructor(private readonly options: FolderImageOptions) {
    this.layout = options.layout;
    this.files = options.files;
    this.exportFolder = options.layout.exports;
  }

  stageVolume(request: ImageRequest, signal: AbortSignal): Promise<StagedImages> {
    const { slot, origin } = request;
    const sources = origin ? [{ path: this.imageOf(origin), sizeBytes: origin.sizeBytes }] : [];
    const target = this.layout.volumeImage(slot);
    return this.stage([{ slot, target }], async ([path = '']) => {
      await copiedAtOneMoment(sources, signal, (source) => this.copy(source, path, signal));
      await this.grow(path, request.sizeBytes, request.provisioning, signal);
    });
  }

  stageSnapshots(requests: readonly SnapshotRequest[], signal: AbortSignal): Promise<StagedImages> {
    const sources = requests.map(({ source, sizeBytes }) => {
      return { path: this.layout.volumeImage(source), sizeBytes };
    });
    const targets = requests.map(({ slot }) => ({ slot, target: this.layout.snapshotImage(slot) }));
    return this.stage(targets, (paths) =>
      copiedAtOneMoment(sources, signal, (source, at) => this.copy(source, paths[at] ?? '', signal)),
    );
  }

  growVolume(slot: string, bytes: bigint, provisioning: Provisioning, signal: AbortSignal): Promise<void> {
    return this.grow(this.layout.volumeImage(slot), bytes, provisioning, signal);
  }

  async removeVolume(id: VolumeId, slot: string): Promise<void> {
    if (!isOwnSlot(slot)) return;
    await this.stopExport(id);
    await this.files.remove(this.layout.volumeImage(slot));
  }

  async removeSnapshot(slot: string): Promise<void> {
    if (isOwnSlot(slot)) await this.files.remove(this.layout.snapshotImage(slot));
  }

  async startExport(id: VolumeId, slot: string, epoch: Epoch): Promise<void> {
    const nqn = this.options.naming.forExport(id, epoch);
    await this.stopExport(id, nqn);
    if (await exists(this.layout.export(nqn))) return;
    await this.size(this.layout.volumeImage(slot));
    await this.files.link(this.layout.volumeImage(slot), this.layout.export(nqn));
  }

  async stopExport(id: VolumeId, except?: string): Promise<void> {
    const prefix = this.options.naming.prefix(id);
    for (const nqn of await readdir(this.layout.exports)) {
      if (nqn.startsWith(prefix) && nqn !== except) await this.files.remove(this.layout.export(nqn));
    }
  }

  async volumeImages(): Promise<readonly StoredImage[]> {
    const found: StoredImage[] = [];
    for (const file of await readdir(this.layout.volumes)) {
      const slot = slotOfImage(file);
      if (slot === undefined) continue;
      const path = this.layout.volumeImage(slot);
      const seen = await this.statIfThere(path);
      if (seen) found.push({ slot, path, bytes: seen.size, changedAt: Number(seen.ctimeMs) });
    }
    return found;
  }

  async conditions(slot: string, expectedBytes: bigint): Promise<readonly VolumeCondition[]> {
    const path = this.layout.volumeImage(slot);
    const bytes = await this.sizeIfThere(path);
    if (bytes === undefined) {
      const message = `its image ${path} is missing; restore it from a backup, or delete the volume`;
      return [{ status: 'data-loss', reason: 'ImageMissing', message }];
    }
    if (bytes >= expectedBytes) return [];
    const sizes = `${formatBytes(bytes)} of ${formatBytes(expectedBytes)}`;
    const message = `its image ${path} was cut off: ${sizes} are left; restore it from a backup`;
    return [{ status: 'data-loss', reason: 'ImageTruncated', message }];
  }

  private imageOf({ kind, slot }: ImageOrigin): string {
    return kind === 'volume' ? this.layout.volumeImage(slot) : this.layout.snapshotImage(slot);
  }

  /** Files under names that nobody sees, made by `fill`; if that fails they are gone again. */
  private async stage(
    targets: readonly { readonly slot: string; readonly target: string }[],
    fill: (paths: readonly string[]) => Promise<void>,
  ): Promise<StagedImages> {
    const moves = targets.map(({ slot, target }) => ({
      path: this.layout.staged(slot, this.options.unique()),
      target,
    }));
    const discard = async () => {
      for (const { path } of moves) await this.files.remove(path);
    };
    const place = async () => {
      for (const { path, target } of moves) await this.files.rename(path, target);
    };
    try {
      for (const { path } of moves) await this.files.create(path);
      await fill(moves.map(({ path }) => path));
      for (const { path } of moves) await this.files.sync(path);
    } catch (error) {
      await discard();
      throw error;
    }
    return { place, discard };
  }

  private async copy(source: CopySource, target: string, signal: AbortSignal): Promise<void> {
    const { path, sizeBytes } = source;
    if ((await this.size(path)) < sizeBytes) {
      throw new BackendError('precondition', `image ${path} was cut off; restore it from a backup`);
    }
    if (!(await this.options.reflink(path, target))) await copySparse(path, target, signal);
  }

  private async grow(
    path: string,
    bytes: bigint,
    provisioning: Provisioning,
    signal: AbortSignal,
  ): Promise<void> {
    const size = await this.size(path);
    if (provisioning === 'thin') {
      if (size < bytes) await this.files.resize(path, bytes);
      return;
    }
    try {
      await this.options.allocate(path, bytes, signal);
      await this.files.sync(path);
    } catch (error) {
      // A file system that ran full in the middle may have made the file longer already.
      await this.files.resize(path, size);
      throw error;
    }
  }

  /** @throws BackendError `precondition` where there is no image: never made anew, it would be empty */
  private async size(path: string): Promise<bigint> {
    const bytes = await this.sizeIfThere(path);
    if (bytes !== undefined) return bytes;
    throw new BackendError('precondition', `image ${path} is missing; restore it from a backup`);
  }

  private async sizeIfThere(path: string): Promise<bigint | undefined> {
    return (await this.statIfThere(path))?.size;
  }

  private async statIfThere(path: string): Promise<BigIntStats | undefined> {
    try {
      return await stat(path, { bigint: true });
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }
}
