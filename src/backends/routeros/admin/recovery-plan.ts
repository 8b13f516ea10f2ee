import { slotFor, type VolumeId, volumeId } from '../../../core/storage/volume-id.ts';
import { type DiskRow, portOf } from '../operations/disk-row.ts';
import type { FileRow, TextFile } from '../operations/file-row.ts';
import type { PoolFacts } from '../operations/pools.ts';
import { type FileRecord, readFileRecord } from '../records/file-record.ts';
import type { ImagePlace, Layout } from '../records/layout.ts';
import type { ImageStrategies } from '../strategies/image-strategies.ts';
import { fileName, recordFileOf } from './evidence.ts';
import { recordAnew } from './record-anew.ts';

/** What recover finds in the cluster's folders, and all disk items. */
export interface Remains {
  readonly pools: readonly PoolFacts[];
  readonly images: readonly FileRow[];
  readonly records: readonly TextFile[];
  readonly disks: readonly DiskRow[];
}

/** A disk item that can be made again. */
export interface Recoverable {
  readonly id: VolumeId;
  readonly slot: string;
  readonly place: ImagePlace;
  /** Of the image file as it is. */
  readonly bytes: bigint;
  readonly record: FileRecord;
  /** The record as it was seen. */
  readonly contents: string;
  readonly comment: string;
}

export interface RecoveryPlan {
  readonly recoverable: readonly Recoverable[];
  /** What is not touched, and why, in words. */
  readonly left: readonly { readonly path: string; readonly why: string }[];
  /** Records whose image is used by a disk item, as it should be. */
  readonly used: number;
}

export interface RecoverySurroundings {
  readonly appliance: string;
  readonly layout: Layout;
  readonly strategies: ImageStrategies;
  /** Whether each volume has a port of its own. */
  readonly ownPorts: boolean;
  /** A revision that no earlier record has had, as far as chance allows. */
  readonly revision: () => number;
}

/** Which disk items can be made again of what lies in the pools. Decides; touches nothing. */
export function planRecovery(remains: Remains, around: RecoverySurroundings): RecoveryPlan {
  const recoverable: Recoverable[] = [];
  const left: { path: string; why: string }[] = [];
  let used = 0;
  for (const file of remains.records) {
    const found = judge(file, remains, around);
    if (found === 'used') used += 1;
    else if (typeof found === 'string') left.push({ path: file.name, why: found });
    else recoverable.push(found);
  }
  const clashing = new Set(recoverable.filter((one) => clashes(one, recoverable, around)));
  const twice = [...clashing].map(({ place, slot, record: { port } }) => ({
    path: place.record,
    why: `another record found has its slot ${slot} or its port ${port} too; which one is right is not known`,
  }));
  const recorded = new Set(remains.records.map(({ name }) => name));
  const imported = new Set(remains.records.map(({ contents }) => importedImage(contents)));
  const bare = remains.images
    .filter(({ name }) => !recorded.has(name.replace(/img$/, 'rec')) && !imported.has(`/${name}`))
    .filter(({ name }) => !remains.disks.some(({ path }) => path === `/${name}`))
    .map(({ name }) => ({ path: name, why: 'an image without a record: whose it is is not known' }));
  return {
    recoverable: recoverable.filter((one) => !clashing.has(one)),
    left: [...left, ...twice, ...bare],
    used,
  };
}

/** @returns why not, in words; `used` where all is as it should be */
function judge(file: TextFile, remains: Remains, around: RecoverySurroundings): Recoverable | string {
  const found = placeOf(file, remains.pools, around);
  if (!found) return 'not where the driver keeps records';
  const { slot, place } = found;
  const read = recordFileOf(file.contents, slot);
  if (read.state === 'deleted') return 'its deletion was begun: it is not brought back';
  if (remains.disks.some(({ path }) => path === place.image)) return 'used';
  if (read.state !== 'record') return 'not a record as the driver wrote it';
  const { record } = read;
  const obstacle = unfit(record, slot, around) ?? taken(record, remains.disks, around);
  if (obstacle !== undefined) return obstacle;
  const image = remains.images.find(({ name }) => name === fileName(place.image));
  if (record.wiping && !(record.wiping.emptied && image))
    return 'it is being wiped: finish that with `rose-csi volumes wipe`';
  if (!image) return `there is no image ${place.image} beside it`;
  if (!image.bytes) return `the appliance does not tell the size of ${place.image}`;
  return {
    id: volumeId(around.appliance, slot),
    slot,
    place,
    bytes: image.bytes,
    record,
    contents: file.contents,
    // Whatever the volume was for, its image has a past: a device that looks blank now would be one that lost it.
    comment: recordAnew(record, { mayFormat: false, revision: around.revision() }),
  };
}

/** The slot that a record's path stands for, where it is exactly the path that the driver would choose. */
function placeOf(
  { name, contents }: TextFile,
  pools: readonly PoolFacts[],
  { strategies, layout }: RecoverySurroundings,
): { readonly slot: string; readonly place: ImagePlace } | undefined {
  const image = importedImage(contents);
  if (image !== undefined) {
    const slot = name.replace(/^.*\/|\.rec$/g, '');
    const place = layout.imported(image, slot);
    return place.record === name ? { slot, place } : undefined;
  }
  const [, poolName, slot] = /^([^/]+)\/csi\/[^/]+\/([^/]+?)(?:\/volume)?\.rec$/.exec(name) ?? [];
  const pool = pools.find((one) => one.name === poolName);
  if (!pool || slot === undefined) return undefined;
  const place = strategies.for(pool).place(pool, slot);
  return place.record === name ? { slot, place } : undefined;
}

/** The image that the record of an imported disk names; undefined: it is none. */
export const importedImage = (contents: string): string | undefined =>
  readFileRecord(contents)?.imported?.image;

function unfit(
  { slot: recorded, cluster, name, imported }: FileRecord,
  slot: string,
  { layout }: RecoverySurroundings,
) {
  if (recorded !== slot) return `it is the record of ${recorded}: a copy that was never finished`;
  if (cluster !== layout.clusterId) return `it is of cluster ${cluster}`;
  if (!imported && slotFor(cluster, name) !== slot)
    return `it names ${JSON.stringify(name)}, which is not the name behind its slot`;
  return undefined;
}

function taken({ slot, port }: FileRecord, disks: readonly DiskRow[], { ownPorts }: RecoverySurroundings) {
  const same = disks.find((disk) => disk.slot === slot);
  if (same) return `the appliance has a disk ${slot} with another image, ${same.path}`;
  const onPort = ownPorts ? disks.find((disk) => portOf(disk) === port) : undefined;
  return onPort && `its port ${port} is that of disk ${onPort.slot} now; give that one another port first`;
}

const clashes = (
  one: Recoverable,
  all: readonly Recoverable[],
  { ownPorts }: RecoverySurroundings,
): boolean =>
  all.some(
    (other) =>
      other !== one && (other.slot === one.slot || (ownPorts && other.record.port === one.record.port)),
  );
