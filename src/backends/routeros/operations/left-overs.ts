import { deletionMark } from '../records/file-record.ts';
import {
  assign,
  both,
  type Code,
  concatenation,
  either,
  equals,
  length,
  local,
  matches,
  minus,
  not,
  part,
  variable,
  when,
} from '../script/code.ts';
import { propertyOf } from '../script/command.ts';
import { quoteRegex } from '../script/quote.ts';
import { fileNamed, isAbsent, isThere } from '../strategies/files.ts';
import type { ImageStrategy } from '../strategies/image-strategy.ts';
import type { PoolFacts } from './pools.ts';

/** What is in the record file beside an image into `o`, "" where there is none. */
export const readRecordFile = (name: string | Code): Code[] => [
  local('o', ''),
  // A name that has to be worked out is so once, not for every file that `find` looks at.
  local('n', name),
  local('r', fileNamed(variable('n'))),
  when(isThere(variable('r')), [assign('o', propertyOf('/file', variable('r'), 'contents'))]),
];

/** The name of the record beside an image: `/pool/…/x.img` has it in `pool/…/x.rec`. */
export const recordBeside = (image: Code): Code =>
  concatenation(part(image, 1, minus(length(image), '.img'.length)), '.rec');

/** Whether `o` is the record of this slot's volume. */
export const isRecordOf = (slot: string): Code => matches(variable('o'), `"slot":"${quoteRegex(slot)}"`);

/** Of which images the record tells that they may go. */
export interface LeftOverRules {
  /** A subvolume whose image has no record at all, too: a copy that was cut before it became a disk. */
  readonly unrecorded: boolean;
  /** One with this slot's own record, too: the volume is to be deleted, and only its disk item is gone already. */
  readonly own: boolean;
}

/**
 * Removes what a deletion of this slot left behind: its mark says so; and a copy of another volume's subvolume that
 * never became a disk: the record in it is still the other's. Were the volume ever shown to anybody, its own would
 * stand there. Whatever else is in a record file, a person wrote it: then everything stays.
 */
export function removeLeftOvers(
  strategy: ImageStrategy,
  pool: PoolFacts,
  slot: string,
  { unrecorded, own }: LeftOverRules,
): Code[] {
  const { image, record } = strategy.place(pool, slot);
  const isOthers = both(not(isRecordOf(slot)), matches(variable('o'), OTHERS_RECORD));
  const isBare = both(equals(variable('o'), ''), isThere(fileNamed(image.slice(1))));
  const reasons = [
    equals(variable('o'), deletionMark(slot)),
    ...(pool.fs === 'btrfs' ? [isOthers] : []),
    ...(unrecorded ? [isBare] : []),
    ...(own ? [isRecordOf(slot)] : []),
  ];
  return [...readRecordFile(record), when(reasons.reduce(either), strategy.clear(pool, slot))];
}

/** POSIX extended: a record file, or a mark, of any slot. */
const OTHERS_RECORD = '"slot":"|^deleted ';

/** Removes a subvolume that was made for an image and never got one. */
export const removeBare = (strategy: ImageStrategy, pool: PoolFacts, slot: string): Code =>
  when(isAbsent(fileNamed(strategy.place(pool, slot).image.slice(1))), strategy.clear(pool, slot));
