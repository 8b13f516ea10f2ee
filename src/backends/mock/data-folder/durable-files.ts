import { constants } from 'node:fs';
import { access, link, open, rename, rm, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf } from '../failure.ts';

/** Called before each change of the file system: a test's place to stop the process or to fail. */
export type StepHook = (step: string) => void;

/** The changes that a data folder is made of, each durable when it resolves (fsync(2) of file and folder). */
export class DurableFiles {
  constructor(private readonly beforeStep: StepHook = () => undefined) {}

  /** A new file with its content. */
  async write(path: string, text: string): Promise<void> {
    this.beforeStep(`write ${path}`);
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** A new file that other functions fill by its path; it becomes durable with {@link sync}. */
  async create(path: string): Promise<void> {
    this.beforeStep(`create ${path}`);
    await (await open(path, 'wx', 0o600)).close();
  }

  /** Sets the length: a sparse file. */
  async resize(path: string, bytes: bigint): Promise<void> {
    this.beforeStep(`resize ${path}`);
    await truncate(path, Number(bytes));
    await this.sync(path);
  }

  /** Over what stands there. */
  async rename(from: string, to: string): Promise<void> {
    this.beforeStep(`rename ${from} ${to}`);
    await rename(from, to);
    await this.syncFolderOf(to);
  }

  /** A second name for a file; one that is there already stays. */
  async link(existing: string, path: string): Promise<void> {
    this.beforeStep(`link ${existing} ${path}`);
    try {
      await link(existing, path);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
    await this.syncFolderOf(path);
  }

  /** An absent file is a success. */
  async remove(path: string): Promise<void> {
    if (!(await exists(path))) return;
    this.beforeStep(`remove ${path}`);
    await rm(path, { force: true });
    await this.syncFolderOf(path);
  }

  async sync(path: string): Promise<void> {
    this.beforeStep(`sync ${path}`);
    const file = await open(path, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }

  private syncFolderOf(path: string): Promise<void> {
    return this.sync(dirname(path));
  }
}

/** @throws whatever kept the question from being answered */
export async function exists(path: string): Promise<boolean> {
  try {
    await access(path, constants.F_OK);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
