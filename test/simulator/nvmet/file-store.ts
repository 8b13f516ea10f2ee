import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Assumptions } from '../appliance/assumptions.ts';
import type { DiskStore } from '../appliance/ports.ts';

/** Images as real files below a folder, whose first level are the pools' mount points. */
export class FileStore implements DiskStore {
  constructor(
    private readonly root: string,
    private readonly allocation: Assumptions['imageAllocation'],
  ) {}

  create(path: string, bytes: bigint, contents?: string): void {
    const file = this.file(path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, contents ?? '', { flag: 'wx' });
    if (contents === undefined) this.resize(path, bytes);
  }

  write(path: string, contents: string): void {
    writeFileSync(this.file(path), contents);
  }

  resize(path: string, bytes: bigint): void {
    const file = this.file(path);
    const grows = bytes > BigInt(statSync(file).size);
    truncateSync(file, Number(bytes));
    if (grows && this.allocation === 'full') run('fallocate', '--length', String(bytes), file);
  }

  clone(source: string, target: string): void {
    const file = this.file(target);
    mkdirSync(dirname(file), { recursive: true });
    run('cp', '--reflink=auto', '--sparse=always', this.file(source), file);
  }

  move(source: string, target: string): void {
    const file = this.file(target);
    mkdirSync(dirname(file), { recursive: true });
    renameSync(this.file(source), file);
  }

  /** A folder in which no file ever was is not there. */
  remove(path: string): void {
    rmSync(this.file(path), { recursive: true, force: true });
  }

  /** Where a file of the appliance is on this machine. @throws RangeError outside of the root */
  file(path: string): string {
    const names = path.split('/');
    if (names.some((name) => name === '' || name === '..'))
      throw new RangeError(`not a file's path: ${path}`);
    return join(this.root, ...names);
  }
}

/** @throws Error with what the program said */
export function run(program: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  throw new Error(`${[program, ...args].join(' ')}: ${error?.message ?? stderr}`);
}
