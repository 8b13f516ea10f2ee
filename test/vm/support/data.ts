import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './patience.ts';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Forgets what was read and is clean, so that the next read comes from the storage. */
export const dropCaches = (): void => writeFileSync('/proc/sys/vm/drop_caches', '3');

/** Writes random data, on the storage when it returns. @returns its checksum */
export function writeRandom(path: string, megabytes: number): string {
  const bytes = randomBytes(megabytes << 20);
  const file = openSync(path, 'w');
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
  fsyncSync(file);
  closeSync(file);
  return sha256(bytes);
}

/** Of the first bytes of a file or device. */
export function checksum(path: string, megabytes?: number): string {
  dropCaches();
  if (megabytes === undefined) return sha256(readFileSync(path));
  const bytes = Buffer.alloc(megabytes << 20);
  const file = openSync(path, 'r');
  for (let at = 0; at < bytes.length; ) {
    const read = readSync(file, bytes, at, bytes.length - at, null);
    if (read === 0) throw new Error(`${path} ends after ${at} bytes`);
    at += read;
  }
  closeSync(file);
  return sha256(bytes);
}

/** Writes a file after the other, each fsynced, and notes elsewhere which of them the storage has acknowledged. */
const WRITER = `
i=0
while [ ! -e "$2/stop" ]; do
  i=$((i+1))
  seq $i $((i+4000)) | dd of="$1/$i" conv=fsync status=none 2>>"$2/error" || exit 1
  echo $i >> "$2/acknowledged"
done`;

/** A process that writes all the time, as a workload does. */
export class Writer {
  readonly #folder: string;
  readonly #notes: string;
  readonly #child: Bun.Subprocess;

  /** @param folder on the volume, existing */
  constructor(folder: string, notes: string) {
    this.#folder = folder;
    this.#notes = notes;
    writeFileSync(join(notes, 'acknowledged'), '');
    writeFileSync(join(notes, 'error'), '');
    this.#child = Bun.spawn(['sh', '-c', WRITER, 'sh', folder, notes], {
      stdout: 'ignore',
      stderr: 'ignore',
    });
  }

  get acknowledged(): readonly string[] {
    return readFileSync(join(this.#notes, 'acknowledged'), 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  }

  get error(): string {
    return readFileSync(join(this.#notes, 'error'), 'utf8');
  }

  /** Waits for so many more acknowledged files. */
  async progress(files: number): Promise<void> {
    const before = this.acknowledged.length;
    await until('the writer goes on', () => this.acknowledged.length >= before + files);
  }

  /** Lets it finish the file it is at. @returns the exit code */
  async stop(): Promise<number> {
    writeFileSync(join(this.#notes, 'stop'), '');
    return this.#child.exited;
  }

  /** Of all files that were acknowledged, those that are not there as they were written. */
  damaged(folder = this.#folder): string[] {
    return damagedOf(folder, this.acknowledged);
  }
}

/** Of files that writers wrote, those that are not as they were written. */
export function damagedOf(folder: string, names: readonly string[]): string[] {
  dropCaches();
  return names.filter((name) => readOr(join(folder, name)) !== contentOf(Number(name)));
}

const contentOf = (first: number): string =>
  Array.from({ length: 4001 }, (_, index) => `${first + index}\n`).join('');

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return String(error);
  }
}
