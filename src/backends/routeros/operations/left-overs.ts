import { deletionMark } from '../records/file-record.ts';
import {
  assign,
  both,
  type Code,
  concatenation,
  either,
  equals,
  greater,
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
  local('r', fileNamed(name)),
  when(isThere(variable('r')), [assign('o', propertyOf('/file', variable('r'), 'contents'))]),
];

/** The name of the record beside an image: `/pool/…/x.img` has it in `pool/…/x.rec`. */
export const recordBeside = (image: Code): Code =>
  concatenation(part(image, 1, minus(length(image), '.img'.length)), '.rec');

/** Whether `o` is the record of this slot's volume. */
export const isRecordOf = (slot: string): Code => matches(variable('o'), `"slot":"${quoteRegex(slot)}"`);

/**
 * Removes what a deletion of this slot left behind: its mark says so; and a copy of another volume's subvolume that
 * never became a disk: the record in it is still the other's. Were the volume ever shown to anybody, its own would
 * stand there.
 * @param unrecorded whether a subvolume whose image has no record at all is such a copy, too
 */
export function removeLeftOvers(
  strategy: ImageStrategy,
  pool: PoolFacts,
  slot: string,
  unrecorded: boolean,
): Code[] {
  const { image, record } = strategy.place(pool, slot);
  const others = both(
    not(isRecordOf(slot)),
    unrecorded ? isThere(fileNamed(image.slice(1))) : greater(length(variable('o')), 0),
  );
  const isLeft = either(equals(variable('o'), deletionMark(slot)), others);
  return [...readRecordFile(record), when(isLeft, strategy.clear(pool, slot))];
}

/** Removes a subvolume that was made for an image and never got one. */
export const removeBare = (strategy: ImageStrategy, pool: PoolFacts, slot: string): Code =>
  when(isAbsent(fileNamed(strategy.place(pool, slot).image.slice(1))), strategy.clear(pool, slot));
