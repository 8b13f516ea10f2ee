import { afterEach, describe, expect, test } from 'bun:test';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openDataFolder } from '../../src/backends/mock/data-folder/open-data-folder.ts';
import { MockBackend } from '../../src/backends/mock/mock-backend.ts';
import { detachedContext } from '../../src/core/call-context.ts';
import { parseHandle } from '../../src/core/storage/volume-id.ts';
import { APPLIANCE, folderStores, mockOptions, naming, random } from './mock-fixtures.ts';
import { CHANGES, clear, furnish, visible } from './mock-operations.ts';

const context = detachedContext(AbortSignal.timeout(600_000));
const CHILD = Bun.fileURLToPath(import.meta.resolve('./mock-crash.child.ts'));
/** More than any change has. */
const MOST_STEPS = 60;

const open = async (
  path: string,
  beforeStep: (step: string) => void = () => undefined,
): Promise<MockBackend> =>
  new MockBackend(
    mockOptions(await openDataFolder({ path, appliance: APPLIANCE, naming, random, beforeStep })),
  );

/** Runs a change in a process that is killed before its nth step; false if it ended before. */
async function killedAt(path: string, change: string, nth: number): Promise<boolean> {
  const child = Bun.spawn([process.execPath, CHILD, path, change, `${nth}`], {
    stdout: 'ignore',
    stderr: 'pipe',
  });
  const [, stderr] = await Promise.all([child.exited, child.stderr.text()]);
  if (child.signalCode === 'SIGKILL') return true;
  expect({ code: child.exitCode, stderr }).toEqual({ code: 0, stderr: '' });
  return false;
}

/** Just what the records say stands in the folder, and nothing else. */
async function requireTidy(path: string, backend: MockBackend): Promise<void> {
  const volumes = (await backend.listVolumes({}, context)).items;
  const snapshots = (await backend.listSnapshots({}, {}, context)).items;
  const images = (ids: readonly string[]) => ids.map((id) => `${parseHandle(id)?.slot}.img`).sort();
  const listed = async (folder: string) => (await readdir(join(path, folder))).sort();
  expect(await listed('volumes')).toEqual(images(volumes.map(({ id }) => id)));
  expect(await listed('snapshots')).toEqual(images(snapshots.map(({ id }) => id)));
  expect(await listed('staging')).toEqual([]);
  const exports = volumes.flatMap(({ id, epoch }) =>
    epoch ? [{ id, nqn: naming.forExport(id, epoch) }] : [],
  );
  expect(await listed('exports')).toEqual(exports.map(({ nqn }) => nqn).sort());
  for (const { id, nqn } of exports) {
    const [image] = images([id]);
    const inodes = [join('volumes', image ?? ''), join('exports', nqn)].map((file) => stat(join(path, file)));
    expect(new Set((await Promise.all(inodes)).map(({ ino }) => ino)).size).toBe(1);
  }
  for (const volume of volumes) expect(volume.conditions).toEqual([]);
  expect((await readdir(path)).filter((file) => file.startsWith('lock.'))).toHaveLength(1);
}

/** What a test made; removed after it also where it failed. */
const removals: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const remove of removals.splice(0)) await remove();
});

/** A furnished folder that nobody has open. */
async function furnished(): Promise<{ path: string; before: unknown }> {
  const { path, remove } = await folderStores();
  removals.push(remove);
  const backend = await open(path);
  await furnish(backend, context);
  const before = await visible(backend, context);
  await backend.close();
  return { path, before };
}

/**
 * Before or after, never between, for this process and for those that saw it earlier; the retry gets it done;
 * everything can be deleted.
 */
async function requireRecovery(
  path: string,
  title: string,
  before: unknown,
  seen: readonly unknown[] = [],
): Promise<void> {
  const backend = await open(path);
  const found = await visible(backend, context);
  await requireTidy(path, backend);
  await CHANGES[title]?.(backend, context);
  const after = await visible(backend, context);
  for (const state of [...seen, found]) expect([before, after]).toContainEqual(state);
  expect(after).not.toEqual(before);
  await requireTidy(path, backend);
  await clear(backend, context);
  await requireTidy(path, backend);
  await backend.close();
  expect(await readdir(join(path, 'records'))).toEqual([]);
}

describe('a process that is killed before any step', () => {
  for (const [title, change] of Object.entries(CHANGES)) {
    test(`of ${title} leaves the state before or after`, async () => {
      expect(change).toBeFunction();
      let nth = 1;
      for (let killed = true; killed && nth < MOST_STEPS; nth += 1) {
        const { path, before } = await furnished();
        killed = await killedAt(path, title, nth);
        await requireRecovery(path, title, before);
      }
      expect(nth).toBeGreaterThan(3);
      expect(nth).toBeLessThan(MOST_STEPS);
    }, 120_000);
  }

  test('of opening leaves a folder that opens', async () => {
    let nth = 1;
    for (let killed = true; killed && nth < MOST_STEPS; nth += 1) {
      const { path, before } = await furnished();
      for (const file of await readdir(join(path, 'exports'))) await rm(join(path, 'exports', file));
      const slot = `csi-${'a'.repeat(28)}`;
      for (const file of [`volumes/${slot}.img`, `snapshots/${slot}.img`])
        await writeFile(join(path, file), '');
      killed = await killedAt(path, 'open', nth);
      const backend = await open(path);
      expect(await visible(backend, context)).toEqual(before as never);
      await requireTidy(path, backend);
      await backend.close();
    }
    expect(nth).toBeGreaterThan(3);
  }, 120_000);
});

describe('an I/O error at any step', () => {
  for (const [title, change] of Object.entries(CHANGES)) {
    test(`of ${title} leaves the state before or after, for the running process and the next`, async () => {
      let nth = 1;
      for (let failed = true; failed && nth < MOST_STEPS; nth += 1) {
        const { path, before } = await furnished();
        let left = Number.POSITIVE_INFINITY;
        const backend = await open(path, (step) => {
          left -= 1;
          if (left === 0) throw Object.assign(new Error(`EIO: ${basename(step)}`), { code: 'EIO' });
        });
        left = nth;
        failed = await change(backend, context).then(
          () => false,
          (error) => {
            expect(error).toMatchObject({ kind: 'unavailable', uncertain: true });
            return true;
          },
        );
        left = Number.POSITIVE_INFINITY;
        const found = await visible(backend, context);
        await backend.close();
        await requireRecovery(path, title, before, [found]);
      }
      expect(nth).toBeLessThan(MOST_STEPS);
    }, 60_000);
  }
});
