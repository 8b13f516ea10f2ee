import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { NqnNaming } from '../../../core/storage/nqn.ts';
import { type Epoch, type NodeId, slotFor, volumeId } from '../../../core/storage/volume-id.ts';
import type { DiskRow } from '../operations/disk-row.ts';
import { Ownership } from '../operations/owned-volume.ts';
import { type FileRecord, writeFileRecord } from '../records/file-record.ts';
import { Layout } from '../records/layout.ts';
import { storeName } from '../records/stored-name.ts';
import { clusterTag, type VolumeRecord, writeRecord } from '../records/volume-record.ts';
import { type Evidence, recordFileOf } from './evidence.ts';
import { findings } from './findings.ts';
import { recordState } from './record-state.ts';
import { readPublication, writePublication } from './repair-options.ts';

const CLUSTER = 'c1';
const LAYOUT = new Layout(CLUSTER);
const SLOT = slotFor(CLUSTER, 'one');
const ID = volumeId('rds', SLOT);
const PLACE = LAYOUT.plain('pool1', SLOT);
const NAMING = new NqnNaming('nqn.2026-01.test.rose');
const OWNERSHIP = new Ownership('rds', LAYOUT, NAMING);
const EPOCH = '0123456789abcdef' as Epoch;
const NODE = { node: 'node-a' as NodeId, sharing: 'single', readonly: false } as const;
const RECORD: VolumeRecord = {
  cluster: clusterTag(CLUSTER),
  revision: 1,
  provisioning: 'thin',
  port: 20_001,
  mayFormat: true,
  everPublished: true,
  publications: [],
  name: storeName('one'),
};
const USED = { ...RECORD, epoch: EPOCH, publications: [NODE] };
const FILE: FileRecord = {
  cluster: CLUSTER,
  slot: SLOT,
  name: 'one',
  provisioning: 'thin',
  mayFormat: true,
  port: 20_001,
};

function faults(
  disk: Partial<DiskRow>,
  file: Partial<FileRecord> | string | undefined = {},
  change: Partial<Evidence> = {},
): string {
  const row: DiskRow = {
    slot: SLOT,
    comment: writeRecord(RECORD),
    path: PLACE.image,
    bytes: 1024n,
    compression: false,
    exported: false,
    port: 0,
    nqn: '',
    ...disk,
  };
  const text = typeof file === 'object' ? writeFileRecord({ ...FILE, ...file }) : file;
  const evidence: Evidence = {
    id: ID,
    slot: SLOT,
    disk: row,
    comment: recordState(row, OWNERSHIP),
    own: { place: PLACE, image: { bytes: 1024n }, recordFile: recordFileOf(text, SLOT) },
    elsewhere: [],
    snapshots: [],
    ...change,
  };
  return findings(evidence, NAMING, CLUSTER).join('\n');
}

const EXPORTED = {
  comment: writeRecord(USED),
  exported: true,
  nqn: NAMING.forExport(ID, EPOCH),
  port: 20_001,
};

describe('what does not fit together', () => {
  test('is nothing for a volume as it should be', () => {
    expect(faults({})).toBe('');
    expect(faults(EXPORTED)).toBe('');
  });

  test('is told of comments', () => {
    expect(faults({ comment: '' })).toContain('its comment was removed');
    expect(faults({ comment: 'mine' })).toContain('not as the driver wrote it');
    expect(faults({ comment: `rc3;${clusterTag(CLUSTER)};` })).toContain('format 3');
    expect(faults({ comment: 'rc1;00000000;0;tf-;20000;-;-;-;x;abcd' })).toContain("another cluster's");
  });

  test('is told of images and records beside them', () => {
    const own = { place: PLACE, recordFile: recordFileOf(writeFileRecord(FILE), SLOT) };
    expect(faults({}, {}, { own })).toContain('there is no image');
    expect(faults({ bytes: 2048n })).toContain('the disk item has 2048 bytes, its image 1024');
    expect(faults({}, 'scribble')).toContain('is not as the driver wrote it');
    expect(faults({}, `deleted ${SLOT}`)).toContain('its deletion was begun');
    expect(faults({}, { cluster: 'c2' })).toContain('is of cluster c2');
    expect(faults({}, { name: 'two' })).toContain('names "two"');
    expect(faults({}, { port: 20_002 })).toContain('has port 20002, the comment 20001');
    expect(faults({}, { provisioning: 'thick' })).toContain('says thick, the comment thin');
    const elsewhere = [
      { place: LAYOUT.plain('pool2', SLOT), recordFile: recordFileOf(`deleted ${SLOT}`, SLOT) },
    ];
    expect(faults({}, {}, { elsewhere })).toContain('what is left of its deletion');
  });

  test('is told of exports', () => {
    expect(faults({ exported: true })).toContain('its record says that nobody uses it');
    expect(faults({ ...EXPORTED, exported: false })).toContain('does not export it');
    expect(faults({ ...EXPORTED, nqn: 'nqn.2000-02.com.mikrotik:x' })).toContain(
      'it is exported as nqn.2000',
    );
    expect(faults({ ...EXPORTED, port: 4420 })).toContain('on port 4420, and its record says 20001');
  });
});

test('a publication is read as it is written', () => {
  const publication = fc.record({
    node: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,40}$/) as fc.Arbitrary<NodeId>,
    sharing: fc.constantFrom('single', 'multi') as fc.Arbitrary<'single' | 'multi'>,
    readonly: fc.boolean(),
  });
  fc.assert(fc.property(publication, (one) => expect(readPublication(writePublication(one))).toEqual(one)));
  for (const text of ['', 'node', 'node:', ':single-rw', 'node:rw', 'a b:single-rw']) {
    expect(readPublication(text)).toBeUndefined();
  }
});
