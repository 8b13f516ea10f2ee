import { describe, expect, test } from 'bun:test';
import { NqnNaming } from '../../../core/storage/nqn.ts';
import type { Publication } from '../../../core/storage/volume.ts';
import { type Epoch, type NodeId, slotFor, volumeId } from '../../../core/storage/volume-id.ts';
import type { DiskRow } from '../operations/disk-row.ts';
import { Ownership } from '../operations/owned-volume.ts';
import { deletionMark, writeFileRecord } from '../records/file-record.ts';
import { Layout } from '../records/layout.ts';
import { storeName } from '../records/stored-name.ts';
import { clusterTag, readRecord, type VolumeRecord, writeRecord } from '../records/volume-record.ts';
import { type Evidence, recordFileOf } from './evidence.ts';
import { recordState } from './record-state.ts';
import type { Told } from './repair-options.ts';
import { planRepair } from './repair-plan.ts';

const CLUSTER = 'c1';
const NAME = 'pvc-1';
const SLOT = slotFor(CLUSTER, NAME);
const ID = volumeId('rds', SLOT);
const EPOCH = '0123456789abcdef' as Epoch;
const PLACE = new Layout(CLUSTER).plain('pool1', SLOT);
const AROUND = {
  appliance: 'rds',
  clusterId: CLUSTER,
  naming: new NqnNaming('nqn.2026-01.test.rose'),
  revision: 100,
};
const NQN = AROUND.naming.forExport(ID, EPOCH);
const NODE: Publication = { node: 'node-a' as NodeId, sharing: 'single', readonly: false };
const OTHER: Publication = { ...NODE, node: 'node-b' as NodeId };

const RECORD: VolumeRecord = {
  cluster: clusterTag(CLUSTER),
  revision: 7,
  provisioning: 'thick',
  port: 20_001,
  mayFormat: true,
  everPublished: false,
  publications: [],
  name: storeName(NAME),
};
const PUBLISHED = writeRecord({ ...RECORD, everPublished: true, epoch: EPOCH, publications: [NODE] });
const FILE = writeFileRecord({
  cluster: CLUSTER,
  slot: SLOT,
  name: NAME,
  provisioning: 'thick',
  mayFormat: true,
  port: 20_001,
});

function evidence(disk: Partial<DiskRow>, file: string | null = FILE): Evidence {
  const row: DiskRow = {
    slot: SLOT,
    comment: '',
    path: PLACE.image,
    bytes: 1024n,
    compression: false,
    exported: false,
    port: 0,
    nqn: '',
    ...disk,
  };
  return {
    id: ID,
    slot: SLOT,
    disk: row,
    comment: recordState(row, new Ownership('rds', new Layout(CLUSTER), AROUND.naming)),
    own: { place: PLACE, image: { bytes: 1024n }, recordFile: recordFileOf(file ?? undefined, SLOT) },
    elsewhere: [],
    snapshots: [],
  };
}

const plan = (disk: Partial<DiskRow>, told: Told = {}, file: string | null = FILE) =>
  planRepair(evidence(disk, file), told, AROUND);

function planned(disk: Partial<DiskRow>, told: Told = {}, file: string | null = FILE) {
  const decision = plan(disk, told, file);
  if (decision.kind !== 'plan') throw new Error(JSON.stringify(decision));
  const { comment } = decision.plan;
  const read = comment === undefined ? undefined : readRecord(comment, clusterTag(CLUSTER));
  return { ...decision.plan, record: read?.state === 'ours' ? read.record : undefined };
}

function questions(disk: Partial<DiskRow>, told: Told = {}, file: string | null = FILE): string {
  const decision = plan(disk, told, file);
  return decision.kind === 'asks' ? decision.questions.join('\n') : decision.kind;
}

const EXPORTED = { comment: 'mine', exported: true, nqn: NQN, port: 20_001 };

describe('a repair', () => {
  test('finds nothing to do where comment and record file are as they should be', () => {
    expect(plan({ comment: writeRecord(RECORD) }).kind).toBe('sound');
    expect(plan({ comment: PUBLISHED, exported: true, nqn: NQN }).kind).toBe('sound');
  });

  test('writes the record file from the comment', () => {
    const { comment, file } = planned({ comment: writeRecord(RECORD) }, {}, null);
    expect(comment).toBeUndefined();
    expect(file).toEqual({ name: PLACE.record, contents: FILE, seen: undefined });
    expect(planned({ comment: writeRecord(RECORD) }, {}, 'scribble').file?.seen).toBe('scribble');
  });

  test('replaces a record file that is another volume’s, as a copy that was cut leaves it', () => {
    const others = FILE.replaceAll(SLOT, slotFor(CLUSTER, 'other'));
    expect(planned({ comment: writeRecord(RECORD) }, {}, others).file?.contents).toBe(FILE);
  });

  test('asks for a name that the record had to cut, and takes only the one behind the slot', () => {
    const long = `pvc-${'x'.repeat(60)}`;
    const slot = slotFor(CLUSTER, long);
    const disk = { comment: writeRecord({ ...RECORD, name: storeName(long) }), slot };
    expect(questions(disk, {}, null)).toContain('--name');
    expect(questions(disk, { name: 'wrong' }, null)).toContain('is not the name behind this slot');
    expect(planned(disk, { name: long }, null).file?.contents).toContain(long);
  });

  test('takes everything but the publications from the record file, and never an old revision', () => {
    const { record } = planned({ comment: 'mine' }, { publications: [] });
    expect(record).toEqual({ ...RECORD, revision: 101, everPublished: true });
  });

  test('asks who uses a volume, exported or not', () => {
    expect(questions({ comment: '' })).toContain('It is not exported now');
    expect(questions(EXPORTED)).toContain(`It is exported as ${NQN}`);
  });

  test('does not believe that nobody uses what is exported', () => {
    expect(questions(EXPORTED, { publications: [] })).toContain('is not believed');
  });

  test('takes publications of an export only with the epoch of its NQN', () => {
    expect(questions(EXPORTED, { publications: [NODE] })).toContain('say its epoch');
    const wrong = { publications: [NODE], epoch: 'f'.repeat(16) as Epoch };
    expect(questions(EXPORTED, wrong)).toContain('is not the epoch of its NQN');
    const { record } = planned(EXPORTED, { publications: [NODE], epoch: EPOCH });
    expect(record).toMatchObject({ publications: [NODE], epoch: EPOCH });
    const foreign = { ...EXPORTED, nqn: 'nqn.2000-02.com.mikrotik:x' };
    expect(questions(foreign, { publications: [NODE], epoch: EPOCH })).toContain('stop that export first');
  });

  test('takes the epoch of a stopped export from its NQN, or from who asks', () => {
    expect(planned({ nqn: NQN }, { publications: [NODE] }).record?.epoch).toBe(EPOCH);
    expect(questions({}, { publications: [NODE] })).toContain('say its epoch with --epoch');
    expect(planned({}, { publications: [NODE], epoch: EPOCH }).record?.epoch).toBe(EPOCH);
  });

  test('believes the rest of a comment where the export says the same', () => {
    const noted = `note: ${PUBLISHED} (mine)`;
    expect(planned({ ...EXPORTED, comment: noted }).record).toMatchObject({
      publications: [NODE],
      epoch: EPOCH,
      revision: 8,
    });
    expect(questions({ comment: noted })).toContain('nothing says which nodes use it');
    expect(questions({ ...EXPORTED, comment: `${writeRecord(RECORD)} mine` })).toContain('nothing says');
  });

  test('keeps what was modified of the connection where the rest of the comment has it', () => {
    const connection = { queues: 2 };
    const modified = `mine; ${writeRecord({ ...RECORD, connection })};cafe`;
    const told = { publications: [] };
    expect(planned({ comment: modified }, told).record).toMatchObject({ connection });
    expect(planned({ comment: `${writeRecord(RECORD)};cafe` }, told).record).not.toHaveProperty('connection');
    expect(planned({ comment: 'mine' }, told).record).not.toHaveProperty('connection');
  });

  test('does not choose between two records in one comment', () => {
    const twice = `${writeRecord(RECORD)} ${writeRecord({ ...RECORD, revision: 8 })}`;
    expect(questions({ comment: twice })).toContain('nothing says');
  });

  test('refuses publications that exclude each other', () => {
    expect(() => plan({}, { publications: [NODE, OTHER], epoch: EPOCH })).toThrow('exclude each other');
    expect(() => plan({}, { publications: [NODE, NODE], epoch: EPOCH })).toThrow('names node node-a twice');
  });

  test('without any record, everything must be said, and the volume is never formatted again', () => {
    const asked = questions({}, {}, null);
    for (const flag of ['--name', '--provisioning', '--port', '--encrypted', '--published'])
      expect(asked).toContain(flag);
    const told: Told = {
      name: NAME,
      provisioning: 'thin',
      port: 20_005,
      encrypted: false,
      publications: [],
    };
    const { record, file } = planned({}, told, null);
    expect(record).toMatchObject({
      provisioning: 'thin',
      port: 20_005,
      mayFormat: false,
      everPublished: true,
    });
    expect(file?.contents).toContain('"mayFormat":false');
    expect(record?.encrypted).toBeUndefined();
    const secret = planned({}, { ...told, encrypted: true }, null);
    expect(secret.record?.encrypted).toBe(true);
    expect(secret.file?.contents).toContain('"encrypted":true');
  });

  test('leaves alone what is deleted, newer, of others, or not there', () => {
    expect(() => plan({}, {}, deletionMark(SLOT))).toThrow('its deletion was begun');
    expect(() => plan({ comment: `rc3;${clusterTag(CLUSTER)};whatever` })).toThrow('update the driver');
    expect(() => plan({ comment: 'rc1;00000000;0;tf-;20000;-;-;-;x;abcd' })).toThrow('another cluster');
    expect(() => plan({ comment: 'mine', path: '/pool1/mine.img' })).toThrow('nothing of this driver');
    const { disk: _, ...rest } = evidence({});
    expect(() => planRepair(rest, {}, AROUND)).toThrow('volumes recover');
  });
});
