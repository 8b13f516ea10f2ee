import { join } from 'node:path';
import { isOwnSlot } from '../../../core/storage/volume-id.ts';

const IMAGE = '.img';
const RECORD = '.json';
const STAGED = '.staged';

/** Where things stand in a data folder. */
export class Layout {
  readonly volumes: string;
  readonly snapshots: string;
  readonly records: string;
  readonly exports: string;
  readonly staging: string;

  constructor(readonly root: string) {
    this.volumes = join(root, 'volumes');
    this.snapshots = join(root, 'snapshots');
    this.records = join(root, 'records');
    this.exports = join(root, 'exports');
    this.staging = join(root, 'staging');
  }

  get folders(): readonly string[] {
    return [this.volumes, this.snapshots, this.records, this.exports, this.staging];
  }

  volumeImage(slot: string): string {
    return join(this.volumes, slot + IMAGE);
  }

  snapshotImage(slot: string): string {
    return join(this.snapshots, slot + IMAGE);
  }

  record(slot: string): string {
    return join(this.records, slot + RECORD);
  }

  export(nqn: string): string {
    return join(this.exports, nqn);
  }

  /** A name of its own for something that is being made. */
  staged(slot: string, unique: string): string {
    return join(this.staging, `${slot}.${unique}${STAGED}`);
  }
}

/** The slot that a file of ours stands for; undefined for any other name. */
export const slotOfImage = (file: string): string | undefined => slotOf(file, IMAGE);
export const slotOfRecord = (file: string): string | undefined => slotOf(file, RECORD);
export const isStaged = (file: string): boolean => /^csi-[a-z2-7]{28}\.[0-9a-f]{16}\.staged$/.test(file);

function slotOf(file: string, suffix: string): string | undefined {
  const slot = file.slice(0, -suffix.length);
  return file.endsWith(suffix) && isOwnSlot(slot) ? slot : undefined;
}
