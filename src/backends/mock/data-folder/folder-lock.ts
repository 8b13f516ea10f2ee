import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { errnoOf } from '../failure.ts';

export interface LockOptions {
  /** The folder to lock. */
  readonly path: string;
  /** `/proc`. */
  readonly procRoot: string;
  readonly pid: number;
}

const LOCK = /^lock\.(\d+)\.(\d+\.[0-9a-f-]{36})$/;

/**
 * Keeps two live processes out of one data folder. Each leaves a file that names it by pid, start time and boot, and then
 * looks for files of others: whoever comes later sees who was there before, and of two that come at once both may
 * be refused. A name is never used by two processes, so that a dead one's file can be removed without a race, also
 * when its pid belongs to another by now. Pods with pid namespaces of their own do not see each other's processes:
 * one data folder is for one pod.
 * @returns what releases the lock
 * @throws BackendError `in-use` that names the process
 */
export async function lockFolder({ path, procRoot, pid }: LockOptions): Promise<() => Promise<void>> {
  const start = await startOf(procRoot, pid);
  if (start === undefined) throw new BackendError('unavailable', `${procRoot} does not show process ${pid}`);
  const own = `lock.${pid}.${start}`;
  const release = () => rm(join(path, own), { force: true });
  await createOwn(join(path, own), pid);
  try {
    for (const file of await readdir(path)) {
      if (file !== own) await requireDead(path, file, procRoot);
    }
  } catch (error) {
    await release();
    throw error;
  }
  return release;
}

async function createOwn(path: string, pid: number): Promise<void> {
  try {
    await writeFile(path, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw errnoOf(error) === 'EEXIST' ? inUse(pid, path) : error;
  }
}

async function requireDead(path: string, file: string, procRoot: string): Promise<void> {
  const [, pid, start] = LOCK.exec(file) ?? [];
  if (pid === undefined) return;
  if ((await startOf(procRoot, Number(pid))) === start) throw inUse(Number(pid), join(path, file));
  await rm(join(path, file), { force: true });
}

const inUse = (pid: number, path: string): BackendError =>
  new BackendError('in-use', `the data folder is open in process ${pid} (${path}); stop that, or try again`);

/**
 * When a process began, and in which boot (the kernel counts from there, so that the first process of a container
 * may look the same after each). proc(5): field 22 of `/proc/<pid>/stat`, counted behind the name in parentheses,
 * which may hold anything; `/proc/sys/kernel/random/boot_id`.
 */
async function startOf(procRoot: string, pid: number): Promise<string | undefined> {
  try {
    const text = await readFile(join(procRoot, String(pid), 'stat'), 'utf8');
    const boot = await readFile(join(procRoot, 'sys/kernel/random/boot_id'), 'utf8');
    return `${text.slice(text.lastIndexOf(')') + 2).split(' ')[22 - 3]}.${boot.trim()}`;
  } catch (error) {
    // ESRCH: the process ended while its file was read.
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ESRCH') return undefined;
    throw error;
  }
}
