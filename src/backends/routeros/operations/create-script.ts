import { encryptionOf } from '../../../core/storage/encryption.ts';
import type { VolumeSpec } from '../../../core/storage/volume.ts';
import { type FileRecord, writeFileRecord } from '../records/file-record.ts';
import type { Layout } from '../records/layout.ts';
import { clusterPattern, type VolumeRecord, writeRecord } from '../records/volume-record.ts';
import {
  assign,
  both,
  type Code,
  concatenation,
  each,
  equals,
  local,
  matches,
  not,
  onError,
  property,
  raise,
  variable,
  when,
} from '../script/code.ts';
import { command, find, propertyOf } from '../script/command.ts';
import { quoteRegex } from '../script/quote.ts';
import { answer, done, refuse } from '../script/script.ts';
import { NO_ORIGIN } from '../strategies/btrfs-subvolumes.ts';
import { fileNamed, isAbsent, isThere, writeFile } from '../strategies/files.ts';
import type { ImageStrategy } from '../strategies/image-strategy.ts';
import { addDisk } from './add-disk.ts';
import { type CapacityRules, NO_SPACE, requireFree, sumOfPromises, unlessPromised } from './capacity.ts';
import type { ContentOrigin } from './content-origin.ts';
import { ofSlot } from './disk-row.ts';
import { isRecordOf, readRecordFile, recordBeside, removeLeftOvers } from './left-overs.ts';
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

/** Makes the volume where its slot is free; then looks whether its record stands beside the image. */
export function createScript(plan: CreatePlan, means: CreateMeans): Code[] {
  const taken = find('/disk', ofSlot(plan.slot));
  return [
    when(isAbsent(taken), make(plan, means)),
    done(),
    ...checkScript(plan.slot, plan.record.cluster, means.layout),
  ];
}

function make(plan: CreatePlan, means: CreateMeans): Code[] {
  const { slot, bytes, pool, spec, origin } = plan;
  const { strategy, rules } = means;
  const { image } = strategy.place(pool, slot);
  return [
    ...measurePool(pool),
    requireFree(bytes, spec.provisioning, rules),
    ...removeLeftOvers(strategy, pool, slot, { unrecorded: origin !== undefined, own: false }),
    when(isThere(fileNamed(image.slice(1))), [refuse(LEFT_OVER)]),
    local('p', 0),
    local('u', ''),
    local('k', 0),
    onError('x', build(plan, means), undo(plan, means)),
  ];
}

function build(plan: CreatePlan, { strategy, rules, ports, layout }: CreateMeans): Code[] {
  const { slot, pool, spec, origin } = plan;
  const { image, record } = strategy.place(pool, slot);
  const comments = plan.ports.map((port) => ({ port, comment: writeRecord({ ...plan.record, port }) }));
  return [
    ...strategy.prepare(pool, slot, origin),
    ...(origin?.unchanged ? [when(not(origin.unchanged), [refuse(NO_ORIGIN)])] : []),
    ...choosePort(ports, comments),
    addDisk({
      slot,
      image,
      bytes: plan.bytes,
      comment: variable('u'),
      port: variable('p'),
      compression: spec.compression,
    }),
    assign('k', 1),
    ...(ports.mode === 'shared' ? [] : [when(portIsShared(), [refuse(NO_PORT)])]),
    ...sumOfPromises(matches(property('file-path'), `^/${quoteRegex(pool.name)}/`)),
    // What is promised is counted with this volume in it: of two creates at once, neither is overlooked.
    unlessPromised(0n, spec.provisioning, rules, [refuse(NO_SPACE)]),
    // The last step: whoever finds the record knows that this volume stays.
    writeFile(record, recordText(plan, layout)),
  ];
}

/** Nothing half-made stays behind a failure. Somebody else's disk in the slot stays, and is no failure. */
function undo({ slot, pool }: CreatePlan, { strategy }: CreateMeans): Code[] {
  const own = find('/disk', both(ofSlot(slot), equals(property('comment'), variable('u'))));
  return [
    when(equals(variable('k'), 1), [command('/disk', 'remove', {}, { items: own })]),
    ...strategy.clear(pool, slot),
    when(isAbsent(find('/disk', ofSlot(slot))), [raise(variable('x'))]),
  ];
}

/** The pool's item into `g`, its size into `z`, its free space into `f`. */
export const measurePool = (pool: Pick<PoolFacts, 'name' | 'fs'>): Code[] => [
  local('g', find('/disk', poolItem(pool))),
  when(isAbsent(variable('g')), [refuse(POOL_GONE)]),
  local('z', propertyOf('/disk', variable('g'), 'size')),
  local('f', propertyOf('/disk', variable('g'), 'free')),
];

/** How the script says that the record beside the image is missing, or another's: a create was cut before it. */
export const UNRECORDED = 'unrecorded';

/** Whether what is in the slot was completely made: only then may anybody be told of it. */
export function checkScript(slot: string, cluster: string, { clusterId }: Layout): Code[] {
  const inFolder = `^/[^/]+/csi/${quoteRegex(clusterId)}/.*[.]img$`;
  const ours = matches(property('comment'), clusterPattern(cluster));
  const disk = both(both(ofSlot(slot), ours), matches(property('file-path'), inFolder));
  return [
    each('i', find('/disk', disk), [
      local('h', propertyOf('/disk', variable('i'), 'file-path')),
      ...readRecordFile(recordBeside(variable('h'))),
      when(not(isRecordOf(slot)), [answer(UNRECORDED, true)]),
    ]),
  ];
}

/**
 * Writes the record that a cut create has not written any more, and the comment anew: a create or a deletion that is
 * still under way somewhere finds its own no longer, and leaves the volume alone.
 */
export function recordScript(
  { disk, record }: OwnedVolume,
  next: VolumeRecord,
  spec: VolumeSpec,
  layout: Layout,
): Code[] {
  const comment = writeRecord(next);
  const [before, after] = [disk.comment, comment].map((text) =>
    find('/disk', both(ofSlot(disk.slot), equals(property('comment'), text))),
  );
  if (!before || !after) return [];
  const name = disk.path.replace(/^\//, '').replace(/\.img$/, '.rec');
  const text = writeFileRecord(fileRecord(disk.slot, spec, record.mayFormat, record.port, layout));
  return [
    command('/disk', 'set', { comment }, { items: before }),
    when(isThere(after), [writeFile(name, text)]),
  ];
}

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
    ...encryptionOf(spec),
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
