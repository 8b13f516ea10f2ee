import { GiB, KiB, MiB, TiB } from '../../core/bytes.ts';

/** A range of bytes on a device. */
export interface Extent {
  readonly offset: bigint;
  readonly length: bigint;
}

const EDGE = MiB;
const SAMPLES = 64n;
const SAMPLE = 64n * KiB;
/** As much of each superblock as holds its magic number, whatever the sector size. */
const SUPERBLOCK = 8n * KiB;

/**
 * Where a device must be all zero to count as blank: both ends, the places of the backup superblocks of ext4,
 * btrfs and xfs, and samples spread over it. In ascending order, not overlapping, never beyond its end.
 */
export function placesToCheck(sizeBytes: bigint): readonly Extent[] {
  const superblocks = [
    ...ext4Backups(sizeBytes),
    ...BTRFS_SUPERBLOCKS,
    ...xfsAllocationGroups(sizeBytes),
  ].map((offset) => ({ offset, length: SUPERBLOCK }));
  const edges = [
    { offset: 0n, length: EDGE },
    { offset: sizeBytes - EDGE, length: EDGE },
  ];
  return merge([...edges, ...superblocks, ...samples(sizeBytes)], sizeBytes);
}

/** Linux fs/btrfs/disk-io.h, btrfs_sb_offset: 64 KiB, and 16 KiB shifted left by 12 for each mirror. */
const BTRFS_SUPERBLOCKS: readonly bigint[] = [64n * KiB, 64n * MiB, 256n * GiB];

/**
 * With sparse_super the groups 1 and the powers of 3, 5 and 7 keep a backup at their start (ext4 documentation,
 * "Super Block"). A group has 8 blocks for each byte of a block; with 1 KiB blocks the first group starts at 1.
 */
function ext4Backups(sizeBytes: bigint): bigint[] {
  return [KiB, 2n * KiB, 4n * KiB].flatMap((block) => {
    const groupBytes = 8n * block * block;
    const first = block === KiB ? KiB : 0n;
    return sparseGroups(sizeBytes / groupBytes).map((group) => group * groupBytes + first);
  });
}

function sparseGroups(last: bigint): bigint[] {
  const groups = [1n];
  for (const base of [3n, 5n, 7n]) {
    for (let group = base; group <= last; group *= base) groups.push(group);
  }
  return groups;
}

/**
 * mkfs.xfs divides a device into 2 to 32 equal groups, rounded up to whole blocks, or, from 4 TiB, into groups of
 * 1 TiB (xfsprogs, libxfs/topology.c, calc_default_ag_geometry).
 */
function xfsAllocationGroups(sizeBytes: bigint): bigint[] {
  const block = 4n * KiB;
  const blocks = sizeBytes / block;
  const equal = [2n, 4n, 8n, 16n, 32n].flatMap((count) => {
    const groupBytes = ((blocks + count - 1n) / count) * block;
    return multiples(groupBytes, count - 1n);
  });
  return [...equal, ...multiples(TiB, sizeBytes / TiB)];
}

const multiples = (step: bigint, count: bigint): bigint[] =>
  Array.from({ length: Number(count) }, (_, at) => step * BigInt(at + 1));

/** One from the middle of each 64th of the device. */
const samples = (sizeBytes: bigint): Extent[] =>
  Array.from({ length: Number(SAMPLES) }, (_, at) => {
    const middle = ((2n * BigInt(at) + 1n) * sizeBytes) / (2n * SAMPLES);
    return { offset: middle - (middle % SAMPLE), length: SAMPLE };
  });

function merge(extents: readonly Extent[], sizeBytes: bigint): Extent[] {
  const sorted = extents
    .map(({ offset, length }) => within(offset, offset + length, sizeBytes))
    .filter(({ offset, end }) => offset < end)
    .sort((a, b) => (a.offset < b.offset ? -1 : 1));
  const merged: { offset: bigint; end: bigint }[] = [];
  for (const extent of sorted) {
    const last = merged.at(-1);
    if (!last || extent.offset > last.end) merged.push({ ...extent });
    else if (extent.end > last.end) last.end = extent.end;
  }
  return merged.map(({ offset, end }) => ({ offset, length: end - offset }));
}

const within = (from: bigint, to: bigint, size: bigint) => ({
  offset: from < 0n ? 0n : from,
  end: to > size ? size : to,
});
