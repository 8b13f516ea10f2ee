import { expect, test } from 'bun:test';
import { BackendError } from '../../core/storage/backend-error.ts';
import { MemoryPersistence } from './memory-persistence.ts';
import type { VolumeRecord } from './record.ts';
import { RecordTable, RevisionConflict, untilUndisturbed } from './record-table.ts';

const signal = new AbortController().signal;
const SLOT = 'csi-a';

const volume = (change: Partial<VolumeRecord> = {}): VolumeRecord => ({
  kind: 'volume',
  slot: SLOT,
  cluster: 'test',
  name: 'pvc',
  capacityBytes: 1n,
  pool: 'fast',
  provisioning: 'thin',
  compression: false,
  mayFormat: true,
  everPublished: false,
  publications: [],
  ...change,
});

const put = (table: RecordTable, expect: number | undefined, next: VolumeRecord | undefined) =>
  table.commit({ slot: SLOT, expect, next }, signal);

const failure = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

test('a record is written only over the revision that was read', async () => {
  const table = await RecordTable.open(new MemoryPersistence());
  await put(table, undefined, volume());
  expect(await failure(put(table, undefined, volume()))).toBeInstanceOf(RevisionConflict);
  const read = table.get(SLOT)?.revision;
  await put(table, read, volume({ capacityBytes: 2n }));
  expect(await failure(put(table, read, volume({ capacityBytes: 3n })))).toBeInstanceOf(RevisionConflict);
  expect(table.get(SLOT)?.record).toEqual(volume({ capacityBytes: 2n }));
});

test('a record that was deleted and made again is another revision', async () => {
  const table = await RecordTable.open(new MemoryPersistence());
  await put(table, undefined, volume());
  const read = table.get(SLOT)?.revision;
  await put(table, read, undefined);
  await put(table, undefined, volume());
  expect(await failure(put(table, read, undefined))).toBeInstanceOf(RevisionConflict);
});

test('a hook or an admission that throws leaves the record as it was', async () => {
  const table = await RecordTable.open(new MemoryPersistence());
  const refuse = () => {
    throw new Error('refused');
  };
  const before = async () => refuse();
  for (const hook of [{ admit: refuse }, { before }]) {
    const change = { slot: SLOT, expect: undefined, next: volume(), ...hook };
    expect(await failure(table.commit(change, signal))).toEqual(new Error('refused'));
    expect(table.list()).toEqual([]);
  }
});

test('the hooks run around the write, and see all records as they are', async () => {
  const table = await RecordTable.open(new MemoryPersistence());
  await table.commit({ slot: 'csi-b', expect: undefined, next: volume({ slot: 'csi-b' }) }, signal);
  const seen: unknown[] = [];
  const change = {
    slot: SLOT,
    expect: undefined,
    next: volume(),
    admit: (all: () => readonly { slot: string }[]) => void seen.push(all().map(({ slot }) => slot)),
    before: async () => void seen.push(table.get(SLOT)),
    after: async () => void seen.push(table.get(SLOT)?.record),
  };
  await table.commit(change, signal);
  expect(seen).toEqual([['csi-b'], undefined, volume()]);
});

test('the very record that was read is not written again', async () => {
  const persistence = new MemoryPersistence();
  const table = await RecordTable.open(persistence);
  await put(table, undefined, volume());
  const stored = table.get(SLOT);
  await put(table, stored?.revision, stored?.record as VolumeRecord);
  expect(table.get(SLOT)).toEqual(stored as never);
});

test('after a failed write the table says what a restart would find', async () => {
  for (const reaches of [true, false]) {
    const persistence = new MemoryPersistence();
    const save = persistence.save.bind(persistence);
    persistence.save = async (record) => {
      if (reaches) await save(record);
      throw new Error('the disk is gone');
    };
    const table = await RecordTable.open(persistence);
    expect(await failure(put(table, undefined, volume()))).toEqual(new Error('the disk is gone'));
    const reopened = await RecordTable.open(persistence);
    expect(table.list().map(({ record }) => record)).toEqual(reopened.list().map(({ record }) => record));
    expect(table.list()).toHaveLength(reaches ? 1 : 0);
  }
});

test('records are listed by slot and survive a new table', async () => {
  const persistence = new MemoryPersistence();
  const table = await RecordTable.open(persistence);
  for (const slot of ['csi-c', 'csi-a', 'csi-b']) {
    await table.commit({ slot, expect: undefined, next: volume({ slot }) }, signal);
  }
  await table.close();
  const again = await RecordTable.open(persistence);
  expect(again.list().map(({ record }) => record.slot)).toEqual(['csi-a', 'csi-b', 'csi-c']);
});

test('a closed table writes nothing more', async () => {
  const table = await RecordTable.open(new MemoryPersistence());
  await table.close();
  await table.close();
  expect(await failure(put(table, undefined, volume()))).toMatchObject({ kind: 'unavailable' });
});

test('an operation decides anew after a conflict, and gives up in the end', async () => {
  let calls = 0;
  const attempt = (conflicts: number) => async () => {
    calls += 1;
    if (calls <= conflicts) throw new RevisionConflict(SLOT);
    return calls;
  };
  expect(await untilUndisturbed(attempt(3))).toBe(4);
  calls = 0;
  expect(await failure(untilUndisturbed(attempt(1000)))).toBeInstanceOf(RevisionConflict);
  expect(calls).toBe(20);
});

test('what is no conflict is not tried again, not even `changed`', async () => {
  let calls = 0;
  const guard = new BackendError('changed', 'another epoch');
  const attempt = async () => {
    calls += 1;
    throw guard;
  };
  expect(await failure(untilUndisturbed(attempt))).toBe(guard);
  expect(calls).toBe(1);
});

test('a watcher is told of what is there and of each change, and a list that was given out stays as it was', async () => {
  const table = await RecordTable.open(new MemoryPersistence());
  const put = (slot: string, expect: number | undefined, name: string) =>
    table.commit({ slot, expect, next: volume({ slot, name }) }, signal);
  await put('csi-b', undefined, 'first');
  const told: unknown[] = [];
  table.watch((before, after) => told.push([before?.name, after?.name]));
  const given = table.list();
  await put('csi-a', undefined, 'second');
  await put('csi-b', table.get('csi-b')?.revision, 'third');
  await table.commit({ slot: 'csi-a', expect: table.get('csi-a')?.revision, next: undefined }, signal);
  expect(told).toEqual([
    [undefined, 'first'],
    [undefined, 'second'],
    ['first', 'third'],
    ['second', undefined],
  ]);
  expect(given.map(({ record }) => record.name)).toEqual(['first']);
  expect(table.list().map(({ record }) => record.slot)).toEqual(['csi-b']);
});
