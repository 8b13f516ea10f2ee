import { quoteRegex } from '../script/quote.ts';

/** Where a cluster's images lie below a pool's mount point, and what their subvolumes are called. */
export class Layout {
  constructor(readonly clusterId: string) {}

  /** The folders that hold the images, outermost first; names as `/file` writes them, without a leading slash. */
  folders(pool: string): readonly string[] {
    return [`${pool}/csi`, this.folder(pool)];
  }

  folder(pool: string): string {
    return `${pool}/csi/${this.clusterId}`;
  }

  /** In a file of its own, on file systems without subvolumes. */
  plain(pool: string, slot: string): ImagePlace {
    const stem = `${this.folder(pool)}/${slot}`;
    return { pool, image: `/${stem}.img`, record: `${stem}.rec` };
  }

  /** In a subvolume of its own, with its record beside it, so that a snapshot has both. */
  inSubvolume(pool: string, slot: string): SubvolumePlace {
    const subvolume = this.subvolume(slot);
    const stem = `${pool}/${subvolume}/volume`;
    return { pool, image: `/${stem}.img`, record: `${stem}.rec`, subvolume };
  }

  /** An image that was there before the driver, wherever it lies in the pool: only its record is in our folder. */
  imported(image: string, slot: string): ImagePlace {
    const pool = image.split('/')[1] ?? '';
    return { pool, image, record: `${this.importedFolder(pool)}/${slot}.rec` };
  }

  importedFolder(pool: string): string {
    return `${this.folder(pool)}/imported`;
  }

  /** Relative to the root of the file system. */
  subvolume(slot: string): string {
    return `csi/${this.clusterId}/${slot}`;
  }

  /** POSIX extended: whole names of what lies at the places of images in whatever pool, and ends so. */
  placePattern(ending: string): string {
    return `^[^/]+/csi/${quoteRegex(this.clusterId)}/csi-[a-z2-7]+(/volume)?[.]${ending}$`;
  }

  snapshotFolder(pool: string): string {
    return `${pool}/${this.snapshots}`;
  }

  /** What stands before the name of each snapshot, relative to the root of the file system. */
  get snapshots(): string {
    return `csi/${this.clusterId}/snap`;
  }

  /** The pool in which an image of ours lies, by the path of a disk item; undefined: it is not one of ours. */
  poolOf(imagePath: string): string | undefined {
    const [empty, pool, csi, cluster, ...rest] = imagePath.split('/');
    const ours = empty === '' && csi === 'csi' && cluster === this.clusterId && rest.length > 0;
    return ours ? pool : undefined;
  }
}

export interface ImagePlace {
  readonly pool: string;
  /** As `/disk` writes paths, with a leading slash. */
  readonly image: string;
  /** The record beside the image, as `/file` writes names. */
  readonly record: string;
}

export interface SubvolumePlace extends ImagePlace {
  /** Its name, relative to the root of the file system. */
  readonly subvolume: string;
}
