import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockFolder } from './folder-lock.ts';

const BOOTS = ['11111111-1111-1111-1111-111111111111', '22222222-2222-2222-2222-222222222222'] as const;
let folder = '';
let procRoot = '';
let path = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rose-csi-lock-'));
  procRoot = join(folder, 'proc');
  path = join(folder, 'data');
  await mkdir(path);
  await boot(BOOTS[0]);
});
afterEach(() => rm(folder, { recursive: true }));

async function boot(id: string): Promise<void> {
  await mkdir(join(procRoot, 'sys/kernel/random'), { recursive: true });
  await writeFile(join(procRoot, 'sys/kernel/random/boot_id'), `${id}\n`);
}

/** The lock of a process. */
const name = (pid: number, start: number, id: string = BOOTS[0]): string => `lock.${pid}.${start}.${id}`;

/** A process as proc(5) shows it, with a name that tries to mislead. */
async function alive(pid: number, start: number): Promise<void> {
  await mkdir(join(procRoot, String(pid)), { recursive: true });
  const fields = Array.from({ length: 50 }, (_, at) => at + 3);
  fields[22 - 3] = start;
  await writeFile(join(procRoot, String(pid), 'stat'), `${pid} (a) b 1 2) ${fields.join(' ')}`);
}

const lock = (pid: number) => lockFolder({ path, procRoot, pid });
const failure = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

describe('the lock of a data folder', () => {
  test('keeps a second process out, and names the first', async () => {
    await Promise.all([alive(10, 500), alive(11, 600)]);
    await lock(10);
    const error = await failure(lock(11));
    expect(error).toMatchObject({ kind: 'in-use' });
    expect(String(error)).toContain('process 10');
    expect(await readdir(path)).toEqual([name(10, 500)]);
  });

  test('keeps the same process out too', async () => {
    await alive(10, 500);
    await lock(10);
    expect(await failure(lock(10))).toMatchObject({ kind: 'in-use' });
    expect(await readdir(path)).toEqual([name(10, 500)]);
  });

  test('is free again after its release', async () => {
    await Promise.all([alive(10, 500), alive(11, 600)]);
    const release = await lock(10);
    await release();
    await release();
    await lock(11);
    expect(await readdir(path)).toEqual([name(11, 600)]);
  });

  test('of a process that is gone is taken over', async () => {
    await alive(10, 500);
    await lock(10);
    await rm(join(procRoot, '10'), { recursive: true });
    await alive(11, 600);
    await lock(11);
    expect(await readdir(path)).toEqual([name(11, 600)]);
  });

  test('of a process whose pid belongs to another by now is taken over', async () => {
    await alive(10, 500);
    await lock(10);
    await alive(10, 900);
    await lock(10);
    expect(await readdir(path)).toEqual([name(10, 900)]);
  });

  test('of a process before the last boot is taken over, even if it looks the same', async () => {
    await alive(10, 500);
    await lock(10);
    await boot(BOOTS[1]);
    await lock(10);
    expect(await readdir(path)).toEqual([name(10, 500, BOOTS[1])]);
  });

  test('leaves files of other names alone', async () => {
    await alive(10, 500);
    const foreign = ['lock', 'lock.10', 'lock.10.500', `${name(10, 500)}.bak`, 'volumes'];
    for (const file of foreign) await writeFile(join(path, file), '');
    const release = await lock(10);
    await release();
    expect((await readdir(path)).sort()).toEqual([...foreign].sort());
  });

  test('goes to one at most of many that come at once over a dead one, and then to the next that asks', async () => {
    const pids = Array.from({ length: 8 }, (_, at) => at + 20);
    for (const pid of pids) await alive(pid, pid);
    await writeFile(join(path, name(9, 9)), '');
    const settled = await Promise.allSettled(pids.map(lock));
    const winners = settled.filter((one) => one.status === 'fulfilled');
    expect(winners.length).toBeLessThanOrEqual(1);
    const left = (await readdir(path)).filter((file) => file !== name(9, 9));
    expect(left).toHaveLength(winners.length);
    for (const { value: release } of winners) await release();
    await lock(20);
    expect(await readdir(path)).toEqual([name(20, 20)]);
  });

  test('cannot be taken where processes are not shown', async () => {
    expect(await failure(lock(10))).toMatchObject({ kind: 'unavailable' });
  });

  test('works with the real /proc', async () => {
    const release = await lockFolder({ path, procRoot: '/proc', pid: process.pid });
    expect(await readdir(path)).toEqual([
      expect.stringMatching(new RegExp(`^lock\\.${process.pid}\\.\\d+\\.[0-9a-f-]{36}$`)),
    ]);
    await release();
  });
});
