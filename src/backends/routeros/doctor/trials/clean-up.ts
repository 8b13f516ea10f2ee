import { answerFiles, filesOf } from '../../operations/file-row.ts';
import { type Code, each, local, matches, onError, property, variable } from '../../script/code.ts';
import { command, find, propertyOf } from '../../script/command.ts';
import { quoteRegex } from '../../script/quote.ts';
import { answer } from '../../script/script.ts';
import { subvolumePattern } from '../../strategies/btrfs-subvolumes.ts';
import { fileNamed } from '../../strategies/files.ts';
import { allAnswered } from '../answers.ts';
import type { Patient } from '../patient.ts';
import { type Bench, SLOT_PREFIX } from './bench.ts';

const ROUNDS = 3;
const BETWEEN_ROUNDS_MS = 400;
/** Names in one line, so that it is never too long. */
const NAMES_MAX = 20;

/**
 * Removes everything of a run, whatever of it there is.
 * @param signal its own: it runs after an interruption too
 * @returns what is left, in words; empty: nothing
 */
export async function cleanUp(patient: Patient, bench: Bench, signal: AbortSignal): Promise<string[]> {
  try {
    // A line that was under way may still make something.
    await patient.settled(signal);
    let left: string[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      left = await sweep(patient, bench, signal);
      if (left.length === 0) break;
      if (round < ROUNDS) await patient.clock.sleep(BETWEEN_ROUNDS_MS, signal);
    }
    return bench.blind ? [...left, `files below ${bench.folder}, which /file does not show`] : left;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [`not known (${why}): look for disks ${bench.slot('*')} and for files below ${bench.folder}`];
  }
}

async function sweep(patient: Patient, bench: Bench, signal: AbortSignal): Promise<string[]> {
  await patient.ask('clean-up', [...removeDisks(bench), ...removeSubvolumes(bench)], signal);
  const files = await filesIn(patient, bench, signal);
  // What lies deepest goes first.
  const names = [...files].sort((a, b) => b.split('/').length - a.split('/').length);
  for (let at = 0; at < names.length; at += NAMES_MAX) {
    const some = names.slice(at, at + NAMES_MAX);
    await patient.ask(
      'clean-up',
      some.map((name) => quietly([remove(name)])),
      signal,
    );
  }
  const left = await whatIsLeft(patient, bench, signal);
  // The folder of all runs, if it is this one's alone.
  if (left.length === 0 && !bench.folderWasThere) await removeParent(patient, bench, signal);
  return left;
}

const ofRun = ({ run }: Bench): Code => matches(property('slot'), `^${SLOT_PREFIX}${run}-`);
const subvolumesOf = (bench: Bench): Code =>
  matches(property('fullname'), subvolumePattern(bench.subvolume('')));
const filesOfRun = ({ folder }: Bench): Code => matches(property('name'), `^${quoteRegex(folder)}(/|$)`);

const quietly = (statements: readonly Code[]): Code => onError('x', statements, [local('w', variable('x'))]);

function removeDisks(bench: Bench): Code[] {
  return [
    each('d', find('/disk', ofRun(bench)), [
      quietly([command('/disk', 'set', { 'nvme-tcp-export': false }, { items: variable('d') })]),
      quietly([command('/disk', 'remove', {}, { items: variable('d') })]),
    ]),
  ];
}

function removeSubvolumes(bench: Bench): Code[] {
  if (bench.pool.fs !== 'btrfs') return [];
  return [
    each('v', find('/disk/btrfs/subvolume', subvolumesOf(bench)), [
      quietly([command('/disk/btrfs/subvolume', 'remove', {}, { items: variable('v') })]),
    ]),
  ];
}

async function filesIn(patient: Patient, bench: Bench, signal: AbortSignal): Promise<string[]> {
  const reply = await patient.ask('clean-up', [answerFiles(filesOfRun(bench))], signal);
  return filesOf(reply).map(({ name }) => name);
}

async function whatIsLeft(patient: Patient, bench: Bench, signal: AbortSignal): Promise<string[]> {
  const body = [
    each('d', find('/disk', ofRun(bench)), [answer('left', propertyOf('/disk', variable('d'), 'slot'))]),
    answerFiles(filesOfRun(bench)),
  ];
  const reply = await patient.ask('clean-up', body, signal);
  if (reply.error !== undefined) throw new Error(reply.error);
  return [
    ...allAnswered(reply, 'left').map((value) => `disk ${value}`),
    ...filesOf(reply).map(({ name }) => `file ${name}`),
  ];
}

/** Empty ones only: there may be another doctor's run. */
async function removeParent(patient: Patient, bench: Bench, signal: AbortSignal): Promise<void> {
  const inside = matches(property('name'), `^${quoteRegex(bench.parent)}/`);
  const reply = await patient.ask('clean-up', [answerFiles(inside)], signal);
  if (reply.error !== undefined || filesOf(reply).length > 0) return;
  await patient.ask('clean-up', [quietly([remove(bench.parent)])], signal);
}

/** Says nothing where there is none: RouterOS removes an empty list without a word. */
const remove = (name: string): Code => command('/file', 'remove', {}, { items: fileNamed(name) });
