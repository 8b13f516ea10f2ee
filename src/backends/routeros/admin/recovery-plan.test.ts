import { describe, expect, test } from 'bun:test';
import { slotFor } from '../../../core/storage/volume-id.ts';
import type { DiskRow } from '../operations/disk-row.ts';
import { deletionMark, type FileRecord, writeFileRecord } from '../records/file-record.ts';
import { Layout } from '../records/layout.ts';
import { clusterTag, readRecord } from '../records/volume-record.ts';
import { ImageStrategies } from '../strategies/image-strategies.ts';
import { planRecovery, type Remains } from './recovery-plan.ts';

const CLUSTER = 'c1';
const LAYOUT = new Layout(CLUSTER);
const SLOT = slotFor(CLUSTER, 'one');
const PLACE = LAYOUT.plain('slow', SLOT);
const IN_SUBVOLUME = LAYOUT.inSubvolume('fast', SLOT);
const RECORD: FileRecord = {
  cluster: CLUSTER,
  slot: SLOT,
  name: 'one',
  provisioning: 'thin',
  mayFormat: true,
  port: 20_001,
};
const common = { totalBytes: 1n, freeBytes: 1n, promised: { all: 0n, thick: 0n }, state: '' };
const POOLS = [
  { name: 'fast', fs: 'btrfs', label: 'fast-fs', ...common },
  { name: 'slow', fs: 'xfs', label: '', ...common },
];
const DISK: DiskRow = {
  slot: 'x',
  comment: '',
  path: '/slow/x.img',
  bytes: 1n,
  compression: false,
  exported: false,
  port: 0,
  nqn: '',
};

function recover(change: Partial<Remains> = {}, ownPorts = true) {
  let revision = 5;
  return planRecovery(
    {
      pools: POOLS,
      images: [{ name: PLACE.image.slice(1), bytes: 4096n }],
      records: [{ name: PLACE.record, contents: writeFileRecord(RECORD) }],
      disks: [],
      ...change,
    },
    {
      appliance: 'rds',
      layout: LAYOUT,
      strategies: new ImageStrategies(LAYOUT),
      ownPorts,
      revision: () => revision++,
    },
  );
}

const withRecord = (record: Partial<FileRecord>) =>
  recover({ records: [{ name: PLACE.record, contents: writeFileRecord({ ...RECORD, ...record }) }] });

describe('a recovery', () => {
  test('makes a disk again of image and record: unpublished, never to be formatted, of the image’s own size', () => {
    const { recoverable, left, used } = recover();
    expect([left, used, recoverable.length]).toEqual([[], 0, 1]);
    const [one] = recoverable;
    expect(one).toMatchObject({ id: `rds/${SLOT}`, bytes: 4096n, place: { image: PLACE.image } });
    expect(readRecord(one?.comment ?? '', clusterTag(CLUSTER))).toMatchObject({
      state: 'ours',
      record: { publications: [], mayFormat: false, everPublished: true, port: 20_001, provisioning: 'thin' },
    });
  });

  test('finds images in subvolumes', () => {
    const { recoverable } = recover({
      images: [{ name: IN_SUBVOLUME.image.slice(1), bytes: 4096n }],
      records: [{ name: IN_SUBVOLUME.record, contents: writeFileRecord(RECORD) }],
    });
    expect(recoverable.map(({ place }) => place.image)).toEqual([IN_SUBVOLUME.image]);
  });

  test('leaves alone what a disk uses', () => {
    expect(recover({ disks: [{ ...DISK, path: PLACE.image }] })).toEqual({
      recoverable: [],
      left: [],
      used: 1,
    });
  });

  const why = (change: Partial<Remains>) => {
    const { recoverable, left } = recover(change);
    expect(recoverable).toEqual([]);
    return left.map((one) => one.why).join();
  };

  test('never brings back what is marked as deleted', () => {
    expect(why({ records: [{ name: PLACE.record, contents: deletionMark(SLOT) }] })).toContain(
      'deletion was begun',
    );
  });

  test('says why it leaves others: unreadable, misplaced, of another cluster, slot or name, without an image or size', () => {
    expect(why({ records: [{ name: PLACE.record, contents: '{' }] })).toContain('not a record');
    const elsewhere = `slow/csi/${CLUSTER}/snap/x/volume.rec`;
    expect(why({ records: [{ name: elsewhere, contents: '{' }] })).toContain(
      'not where the driver keeps records',
    );
    expect(why({ images: [] })).toContain('there is no image');
    expect(why({ images: [{ name: PLACE.image.slice(1) }] })).toContain('does not tell the size');
    expect(withRecord({ cluster: 'c2' }).left[0]?.why).toContain('is of cluster c2');
    expect(withRecord({ slot: slotFor(CLUSTER, 'two') }).left[0]?.why).toContain(
      'copy that was never finished',
    );
    expect(withRecord({ name: 'two' }).left[0]?.why).toContain('not the name behind its slot');
    const bare = recover({ records: [] });
    expect(bare.left[0]?.why).toContain('an image without a record');
  });

  test('leaves a slot or a port that is taken, by record or by export; a shared port is no obstacle', () => {
    expect(why({ disks: [{ ...DISK, slot: SLOT }] })).toContain('with another image');
    const exported = { ...DISK, exported: true, port: 20_001 };
    expect(why({ disks: [exported] })).toContain('its port 20001 is that of disk x now');
    expect(why({ disks: [{ ...DISK, comment: 'rc1;00000000;0;tf-;20001;-;-;-;x;abcd' }] })).toContain(
      'port 20001',
    );
    expect(recover({ disks: [exported] }, false).recoverable).toHaveLength(1);
  });

  test('does not choose between two images of one volume', () => {
    const { recoverable, left } = recover({
      images: [PLACE, IN_SUBVOLUME].map(({ image }) => ({ name: image.slice(1), bytes: 4096n })),
      records: [PLACE, IN_SUBVOLUME].map(({ record }) => ({
        name: record,
        contents: writeFileRecord(RECORD),
      })),
    });
    expect([recoverable.length, left.length]).toEqual([0, 2]);
    expect(left[0]?.why).toContain('which one is right is not known');
  });
});
