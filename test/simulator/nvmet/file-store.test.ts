import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore } from './file-store.ts';

const MiB = 1n << 20n;
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'file-store-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const takenOf = (path: string): number => statSync(path).blocks * 512;

describe('FileStore', () => {
  test('makes an image of its size, with or without its space', () => {
    new FileStore(root, 'sparse').create('pool1/csi/a.img', MiB);
    new FileStore(root, 'full').create('pool1/csi/b.img', MiB);
    const [a, b] = [join(root, 'pool1/csi/a.img'), join(root, 'pool1/csi/b.img')];
    expect([statSync(a).size, statSync(b).size]).toEqual([Number(MiB), Number(MiB)]);
    expect(takenOf(a)).toBe(0);
    expect(takenOf(b)).toBeGreaterThanOrEqual(Number(MiB));
    expect(readFileSync(b).every((byte) => byte === 0)).toBe(true);
  });

  test('refuses to make what is there', () => {
    const store = new FileStore(root, 'sparse');
    store.create('pool1/a.img', MiB);
    expect(() => store.create('pool1/a.img', MiB)).toThrow('EEXIST');
  });

  test.each(['sparse', 'full'] as const)(
    'keeps the bytes of a %s image that grows, and its clone’s',
    (kind) => {
      const store = new FileStore(root, kind);
      store.create('pool1/a.img', MiB);
      writeFileSync(store.file('pool1/a.img'), 'written', { flag: 'r+' });
      store.clone('pool1/a.img', 'pool1/snap/a.img');
      writeFileSync(store.file('pool1/a.img'), 'changed', { flag: 'r+' });
      store.resize('pool1/a.img', 2n * MiB);
      expect(readFileSync(store.file('pool1/a.img'), 'utf8').slice(0, 7)).toBe('changed');
      expect(statSync(store.file('pool1/a.img')).size).toBe(Number(2n * MiB));
      expect(readFileSync(store.file('pool1/snap/a.img'), 'utf8').slice(0, 7)).toBe('written');
    },
  );

  test('keeps texts, moves and removes, folders too', () => {
    const store = new FileStore(root, 'sparse');
    store.create('pool1/csi/note', 4n, 'text');
    store.write('pool1/csi/note', 'another');
    store.move('pool1/csi', 'pool1/moved/csi');
    expect(readFileSync(store.file('pool1/moved/csi/note'), 'utf8')).toBe('another');
    store.remove('pool1/moved');
    store.remove('pool1/never');
    expect(existsSync(store.file('pool1/moved'))).toBe(false);
  });

  test('never leaves its root', () => {
    const store = new FileStore(root, 'sparse');
    for (const path of ['../a', 'pool1/../../a', '', '/etc/passwd']) {
      expect(() => store.create(path, MiB)).toThrow(RangeError);
    }
  });
});
