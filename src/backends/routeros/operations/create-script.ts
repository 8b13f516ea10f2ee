import type { VolumeSpec } from '../../../core/storage/volume.ts';
import { deletionMark, type FileRecord, writeFileRecord } from '../records/file-record.ts';
import type { Layout } from '../records/layout.ts';
import { clusterPattern, type VolumeRecord, writeRecord } from '../records/volume-record.ts';
import {
  assign,
  both,
  type Code,
  concatenation,
  each,
  equals,
  length,
  local,
  matches,
  minus,
  not,
  onError,
  part,
  property,
  raise,
  variable,
  when,
} from '../script/code.ts';
import { command, find, propertyOf } from '../script/command.ts';
import { quoteRegex } from '../script/quote.ts';
import { answer, refuse } from '../script/script.ts';
import { NO_ORIGIN } from '../strategies/btrfs-subvolumes.ts';
import { fileNamed, isAbsent, isThere, writeFile } from '../strategies/files.ts';
import type { ImageStrategy } from '../strategies/image-strategy.ts';
import { type CapacityRules, NO_SPACE, requireFree, sumOfPromises, unlessPromised } from './capacity.ts';
import type { ContentOrigin } from './content-origin.ts';
import { ofSlot } from './disk-row.ts';
import type { OwnedVolume } from './owned-volume.ts';
import { type PoolFacts, poolItem } from './pools.ts';
import { choosePort, NO_PORT, type NvmePorts, portIsShared } from './ports.ts';
import { LEFT_OVER, POOL_GONE } from './refusals.ts';

export interface CreatePlan {
  readonly slot: string;
  readonly bytes: bigint;
  readonly pool: PoolFacts;
  readonly origin?: ContentOrigin;
  readonly spec: VolumeSpec;
  /** But for the port, which the script chooses. */
  readonly record: Omit<VolumeRecord, 'port'>;
  /** The ports to try; not empty. */
  readonly ports: readonly number[];
}

export interface CreateMeans {
  readonly strategy: ImageStrategy;
  readonly layout: Layout;
  readonly rules: CapacityRules;
  readonly ports: NvmePorts;
}

/** Makes the volume where its slot is free; otherwise looks whether its record stands beside the image. */
export function createScript(plan: CreatePlan, means: CreateMeans): Code[] {
  const taken = find('/disk', ofSlot(plan.slot));
  return [when(isAbsent(taken), make(plan, means), checkRecord(plan, means))];
}

function make(plan: CreatePlan, means: CreateMeans): Code[] {
  const { slot, bytes, pool, spec, origin } = plan;
  const { strategy, rules, ports } = means;
  const { image, record } = strategy.place(pool, slot);
  const own = find('/disk', both(ofSlot(slot), equals(property('comment'), variable('u'))));
  const undo = [
    command('/disk', 'remove', {}, { items: own }),
    when(isAbsent(diskOf(image)), strategy.clear(pool, slot)),
  ];
  const clear = strategy.clear(pool, slot);
  const comments = plan.ports.map((port) => ({ port, comment: writeRecord({ ...plan.record, port }) }));
  return [
    ...measurePool(pool),
    requireFree(bytes, spec.provisioning, rules),
    ...finishDeletion(record, slot, clear),
    ...(origin ? [dropHalfMade(image, record, slot, clear)] : []),
    when(isThere(fileNamed(image.slice(1))), [refuse(LEFT_OVER)]),
    ...strategy.prepare(pool, slot, origin),
    ...(origin?.unchanged ? [when(not(origin.unchanged), [...clear, refuse(NO_ORIGIN)])] : []),
    ...choosePort(ports, comments),
    local('k', 0),
    addDisk(plan, image, clear),
    when(equals(variable('k'), 1), [
      ...(ports.mode === 'shared' ? [] : [when(portIsShared(), [...undo, refuse(NO_PORT)])]),
      writeFile(record, recordText(plan, means.layout)),
      ...sumOfPromises(matches(property('file-path'), `^/${quoteRegex(pool.name)}/`)),
      // What is promised is counted with this volume in it: of two creates at once, neither is overlooked.
      unlessPromised(0n, spec.provisioning, rules, [...undo, refuse(NO_SPACE)]),
    ]),
  ];
}

/** The pool's item into `g`, its size into `z`, its free space into `f`. */
export const measurePool = (pool: Pick<PoolFacts, 'name' | 'fs'>): Code[] => [
  local('g', find('/disk', poolItem(pool))),
  when(isAbsent(variable('g')), [refuse(POOL_GONE)]),
  local('z', propertyOf('/disk', variable('g'), 'size')),
  local('f', propertyOf('/disk', variable('g'), 'free')),
];

/** Removes what a deletion of this slot left behind: its mark says so. */
export const finishDeletion = (record: string, slot: string, clear: readonly Code[]): Code[] => [
  local('r', fileNamed(record)),
  when(isThere(variable('r')), [
    when(equals(propertyOf('/file', variable('r'), 'contents'), deletionMark(slot)), clear),
  ]),
];

/**
 * A copy of the origin whose disk item was never added. The record in it is still the origin's: were the volume ever
 * shown to anybody, its own would stand there.
 */
function dropHalfMade(image: string, record: string, slot: string, clear: readonly Code[]): Code {
  const copied = both(isThere(fileNamed(image.slice(1))), isAbsent(diskOf(image)));
  return when(copied, [
    local('o', ''),
    local('r', fileNamed(record)),
    when(isThere(variable('r')), [assign('o', propertyOf('/file', variable('r'), 'contents'))]),
    when(not(matches(variable('o'), recordOf(slot))), clear),
  ]);
}

/** Sets `k` to 1 where the disk was added by this very script. */
function addDisk(plan: CreatePlan, image: string, clear: readonly Code[]): Code {
  const { slot, bytes, spec } = plan;
  const add = command('/disk', 'add', {
    type: 'file',
    slot,
    'file-path': image,
    'file-size': bytes,
    comment: variable('u'),
    // RouterOS mounts by default what it finds in a disk: a guest's file system (manual, Disks).
    'mount-filesystem': false,
    // Not named at all where it is not wanted: RouterOS refuses the property off btrfs.
    compress: spec.compression ? true : undefined,
    'nvme-tcp-export': false,
    'nvme-tcp-server-port': variable('p'),
  });
  // Somebody else may have added the same slot since: then there is nothing to clear and nothing went wrong.
  const failed = [when(isAbsent(diskOf(image)), clear), raise(variable('x'))];
  return onError('x', [add, assign('k', 1)], [when(isAbsent(find('/disk', ofSlot(slot))), failed)]);
}

/** How the script says that the record beside the image is missing, or another's: a create was cut before it. */
export const UNRECORDED = 'unrecorded';

function checkRecord({ slot, record }: CreatePlan, { layout }: CreateMeans): Code[] {
  const inFolder = `^/[^/]+/csi/${quoteRegex(layout.clusterId)}/.*[.]img$`;
  const ours = matches(property('comment'), clusterPattern(record.cluster));
  const disk = both(both(ofSlot(slot), ours), matches(property('file-path'), inFolder));
  return [
    each('i', find('/disk', disk), [
      local('h', propertyOf('/disk', variable('i'), 'file-path')),
      local('o', ''),
      local('r', fileNamed(recordBeside(variable('h')))),
      when(isThere(variable('r')), [assign('o', propertyOf('/file', variable('r'), 'contents'))]),
      when(not(matches(variable('o'), recordOf(slot))), [answer(UNRECORDED, true)]),
    ]),
  ];
}

/** Writes the record that a cut create has not written any more. */
export function recordScript({ disk, record }: OwnedVolume, spec: VolumeSpec, layout: Layout): Code[] {
  const same = find('/disk', both(ofSlot(disk.slot), equals(property('comment'), disk.comment)));
  const name = disk.path.replace(/^\//, '').replace(/\.img$/, '.rec');
  const text = writeFileRecord(fileRecord(disk.slot, spec, record.mayFormat, record.port, layout));
  return [when(isThere(same), [writeFile(name, text)])];
}

/** The name of the record beside an image: `/pool/…/x.img` has it in `pool/…/x.rec`. */
export const recordBeside = (image: Code): Code =>
  concatenation(part(image, 1, minus(length(image), '.img'.length)), '.rec');

const diskOf = (image: string): Code => find('/disk', equals(property('file-path'), image));

/** POSIX extended: a record file of this slot, or the mark of its deletion. */
const recordOf = (slot: string): string => `"slot":"${quoteRegex(slot)}"|^${quoteRegex(deletionMark(slot))}$`;

function fileRecord(
  slot: string,
  spec: VolumeSpec,
  mayFormat: boolean,
  port: number,
  { clusterId }: Layout,
): FileRecord {
  return {
    cluster: clusterId,
    slot,
    name: spec.name,
    provisioning: spec.provisioning,
    mayFormat,
    port,
    ...(spec.contentSource && { source: spec.contentSource }),
  };
}

/** The record's text with the port that the script has chosen into `p`. */
function recordText({ slot, spec, record }: CreatePlan, layout: Layout): Code {
  const text = writeFileRecord(fileRecord(slot, spec, record.mayFormat, PORT_PLACE, layout));
  const [before = '', after = ''] = text.split(`"port":${PORT_PLACE}`);
  return concatenation(`${before}"port":`, variable('p'), after);
}

/** Stands where the port comes. No name can hold it: quotation marks in names are escaped. */
const PORT_PLACE = -1;
