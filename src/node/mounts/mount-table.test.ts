import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeMounts } from '../../../test/support/node/fake-mounts.ts';
import { printMountInfo } from '../../../test/support/node/mount-info-text.ts';
import type { Mount } from './mount-table.ts';
import { MountTable } from './mount-table.ts';

let folder: string;
let proc: string;
let table: MountTable;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'rose-csi-mounts-')));
  proc = join(folder, 'proc');
  table = new MountTable(proc);
});
afterEach(() => rmSync(folder, { recursive: true }));

const mount = (id: number, mountPoint: string, more: Partial<Mount> = {}): Mount => ({
  id,
  parentId: 1,
  device: '7:3',
  root: '/',
  mountPoint,
  options: ['rw'],
  fsType: 'ext4',
  source: '/dev/loop3',
  superOptions: ['rw'],
  ...more,
});

describe('our own mounts', () => {
  test('come in the order of the kernel', async () => {
    const mounts = new FakeMounts(proc);
    mounts.add({ mountPoint: '/b' });
    mounts.add({ mountPoint: '/a' });
    expect((await table.own()).map((found) => found.mountPoint)).toEqual(['/b', '/a']);
  });

  test('are never taken for none when they cannot be read', async () => {
    await expect(table.own()).rejects.toMatchObject({ kind: 'unavailable' });
    mkdirSync(join(proc, 'self'), { recursive: true });
    writeFileSync(join(proc, 'self', 'mountinfo'), 'nonsense\n');
    await expect(table.at(folder)).rejects.toMatchObject({ kind: 'protocol' });
  });
});

describe('the mounts on a path', () => {
  const write = (...mounts: Mount[]) => {
    mkdirSync(join(proc, 'self'), { recursive: true });
    writeFileSync(join(proc, 'self', 'mountinfo'), printMountInfo(mounts));
  };

  test('are those on exactly that path', async () => {
    write(mount(10, `${folder}/a`), mount(11, `${folder}/ab`), mount(12, `${folder}/a/b`));
    expect((await table.at(`${folder}/a`)).map(({ id }) => id)).toEqual([10]);
    expect(await table.at(`${folder}/c`)).toEqual([]);
  });

  test('are ordered by who lies on whom, not as they come', async () => {
    const path = `${folder}/a`;
    write(mount(12, path, { parentId: 11 }), mount(10, path), mount(11, path, { parentId: 10 }));
    expect((await table.at(path)).map(({ id }) => id)).toEqual([10, 11, 12]);
  });

  test('are found through symlinks and detours above the mount point, which is never looked at', async () => {
    mkdirSync(join(folder, 'real'));
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    write(mount(10, `${folder}/real/not-even-there`));
    for (const path of ['link/not-even-there', 'link/../real/./not-even-there/']) {
      expect((await table.at(join(folder, path))).map(({ id }) => id)).toEqual([10]);
    }
  });

  test('are none below a folder that does not exist, but a folder that cannot be read is a failure', async () => {
    write();
    expect(await table.at(join(folder, 'absent', 'target'))).toEqual([]);
    symlinkSync(join(folder, 'loop'), join(folder, 'loop'));
    const looking = table.at(join(folder, 'loop', 'target'));
    await expect(looking).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('on the root are found too', async () => {
    write(mount(1, '/', { parentId: 1 }));
    expect((await table.at('/')).map(({ id }) => id)).toEqual([1]);
  });
});

describe('the mounts of every namespace', () => {
  const addProcess = (pid: number, view: { ns?: string; root?: string }, mounts?: Mount[] | string) => {
    const own = join(proc, String(pid));
    mkdirSync(join(own, 'ns'), { recursive: true });
    if (view.ns) symlinkSync(`mnt:[${view.ns}]`, join(own, 'ns', 'mnt'));
    if (view.root) symlinkSync(view.root, join(own, 'root'));
    const text = typeof mounts === 'string' ? mounts : printMountInfo(mounts ?? []);
    if (mounts) writeFileSync(join(own, 'mountinfo'), text);
  };
  const seen = async () => (await table.everywhere()).map(({ pid, mountPoint }) => `${pid} ${mountPoint}`);

  test('are read once a namespace, from its lowest process', async () => {
    addProcess(10, { ns: 'b', root: '/' }, 'would not be understood');
    addProcess(9, { ns: 'b', root: '/' }, [mount(20, '/other')]);
    addProcess(1, { ns: 'a', root: '/' }, [mount(10, '/first')]);
    mkdirSync(join(proc, 'self'));
    expect(await seen()).toEqual(['1 /first', '9 /other']);
  });

  test('are also read from a process whose root hides a part, each mount once', async () => {
    addProcess(1, { ns: 'a', root: '/jail' }, [mount(10, '/')]);
    addProcess(2, { ns: 'a', root: '/' }, [mount(10, '/jail'), mount(11, '/outside')]);
    expect(await seen()).toEqual(['1 /', '2 /outside']);
  });

  test('are read from processes whose namespace may not be known', async () => {
    addProcess(1, {}, [mount(10, '/first')]);
    addProcess(2, {}, [mount(10, '/first'), mount(20, '/second')]);
    expect(await seen()).toEqual(['1 /first', '2 /second']);
  });

  test('are complete without processes that ended meanwhile', async () => {
    addProcess(1, { ns: 'a', root: '/' });
    addProcess(2, { ns: 'a', root: '/' }, [mount(20, '/second')]);
    expect(await seen()).toEqual(['2 /second']);
  });

  test('are unknown when a table, or /proc itself, cannot be read', async () => {
    await expect(table.everywhere()).rejects.toMatchObject({ kind: 'unavailable' });
    addProcess(1, { ns: 'a', root: '/' });
    mkdirSync(join(proc, '1', 'mountinfo'));
    await expect(table.everywhere()).rejects.toMatchObject({ kind: 'unavailable' });
    rmSync(join(proc, '1', 'mountinfo'), { recursive: true });
    writeFileSync(join(proc, '1', 'mountinfo'), 'nonsense\n');
    await expect(table.everywhere()).rejects.toMatchObject({ kind: 'protocol' });
  });
});
