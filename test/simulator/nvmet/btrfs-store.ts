import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SubvolumeStore } from '../appliance/ports.ts';
import { FileStore, run } from './file-store.ts';

/** Images in real subvolumes of a btrfs: a snapshot is one of the file system's own, and shares its extents. */
export class BtrfsStore extends FileStore {
  readonly subvolumes: SubvolumeStore = {
    add: (path, readOnly, source) => {
      const folder = this.file(path);
      mkdirSync(dirname(folder), { recursive: true });
      if (source === undefined) {
        run('btrfs', '-q', 'subvolume', 'create', folder);
        if (readOnly) setReadOnly(folder, true);
      } else {
        const how = readOnly ? ['-r'] : [];
        run('btrfs', '-q', 'subvolume', 'snapshot', ...how, this.file(source), folder);
      }
    },
    setReadOnly: (path, readOnly) => setReadOnly(this.file(path), readOnly),
    remove: (path) => {
      run('btrfs', '-q', 'subvolume', 'delete', this.file(path));
    },
  };
}

const setReadOnly = (folder: string, readOnly: boolean): void => {
  run('btrfs', '-q', 'property', 'set', '-f', '-t', 'subvol', folder, 'ro', String(readOnly));
};
