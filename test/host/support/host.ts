import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../support/until.ts';
import { requireRoot } from './requirements.ts';
import { sh } from './shell.ts';

type CleanUp = () => unknown;

/**
 * What a test file may make on this machine, and the proof that nothing of it stays: `close` in `afterAll` undoes
 * all, and fails if a mount, loop device or process of this run was left behind by the code under test.
 */
export class Host {
  /** A folder of this run alone. */
  readonly folder: string;
  readonly #cleanUps: CleanUp[] = [];
  #count = 0;

  constructor() {
    requireRoot();
    this.folder = mkdtempSync(join(tmpdir(), 'rose-csi-host-'));
  }

  /** A name that no other call gives. */
  unique(prefix: string): string {
    this.#count += 1;
    return `${prefix}-${this.#count}`;
  }

  /** An empty folder. */
  newFolder(prefix = 'folder'): string {
    const path = join(this.folder, this.unique(prefix));
    mkdirSync(path);
    return path;
  }

  /** An empty file to bind a device node onto. */
  newFile(prefix = 'file'): string {
    const path = join(this.folder, this.unique(prefix));
    writeFileSync(path, '');
    return path;
  }

  /** A sparse image. */
  newImage(bytes: number, path = join(this.folder, this.unique('image'))): string {
    writeFileSync(path, '');
    truncateSync(path, bytes);
    return path;
  }

  /** A loop device on a new image, detached at the end. */
  newLoop(bytes: number): string {
    const path = sh('losetup', '--find', '--show', this.newImage(bytes));
    this.atEnd(() => sh('losetup', '--detach', path));
    // A device that was made read-only stays so for its next user.
    sh('blockdev', '--setrw', path);
    return path;
  }

  /** Last come, first undone. */
  atEnd(cleanUp: CleanUp): void {
    this.#cleanUps.push(cleanUp);
  }

  /** Mount points below this run's folder, in this mount namespace. */
  mounts(): string[] {
    return readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[4] ?? '')
      .filter((mountPoint) => mountPoint.startsWith(`${this.folder}/`));
  }

  /** Loop devices on files of this run. */
  loops(): string[] {
    return readdirSync('/sys/block')
      .filter((name) => name.startsWith('loop') && backingFile(name).startsWith(`${this.folder}/`))
      .map((name) => `/dev/${name}`);
  }

  async close(): Promise<void> {
    const faults: unknown[] = [];
    for (const cleanUp of [...this.#cleanUps.reverse(), () => this.#assertNothingLeft()]) {
      try {
        await cleanUp();
      } catch (error) {
        faults.push(error);
      }
    }
    if (faults.length > 0) throw new AggregateError(faults, `unclean: ${faults.map(String).join('; ')}`);
  }

  /** Takes away what is left before it complains; the folder stays while something in it may be in use. */
  async #assertNothingLeft(): Promise<void> {
    const mounts = this.mounts().reverse();
    for (const mount of mounts) sh('umount', mount);
    const loops = this.loops();
    for (const loop of loops) sh('losetup', '--detach', loop);
    await until('no loop device of this run is left', () => this.loops().length === 0, 3_000);
    rmSync(this.folder, { recursive: true });
    if (mounts.length + loops.length > 0) throw new Error(`left behind: ${[...mounts, ...loops].join(', ')}`);
  }
}

function backingFile(name: string): string {
  try {
    return readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8');
  } catch {
    return '';
  }
}
