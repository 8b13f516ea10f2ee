import { ScriptError } from '../script/script-error.ts';

/** The simulator's own: the device has it, the simulator doesn't play it. Never to be taken for RouterOS's words. */
export class NotPlayed extends ScriptError {
  constructor(what: string) {
    super(`simulator: ${what} is not played`);
  }
}

/** Every text with which a menu refuses. «seen» is published output of a device, everything else is ASSUMED[error-texts]. */
const TEXTS = {
  'no such item': 'no such item', // seen
  permission: 'not enough permissions (9)', // seen, over the API
  compress: 'failure: compression only available for btrfs', // the manual's text; ASSUMED[error-texts]: the prefix
  'slot exists': 'failure: slot already exists', // ASSUMED[error-texts]
  'slot length': 'failure: slot name too long', // ASSUMED[error-texts]: the text; the limit of 32 was seen
  'comment length': 'failure: comment too long', // ASSUMED[error-texts]
  'duplicate nqn': 'failure: nvme-tcp-server-nqn already in use', // ASSUMED[error-texts]
  'duplicate port': 'failure: nvme-tcp-server-port already in use', // ASSUMED[error-texts]
  'image in use': 'failure: file is already in use', // ASSUMED[error-texts]
  'file exists': 'failure: file already exists', // ASSUMED[error-texts]
  'no folder': 'failure: no such file or directory', // ASSUMED[error-texts]
  'not a folder': 'failure: not a directory', // ASSUMED[error-texts]
  'folder not empty': 'failure: directory not empty', // ASSUMED[error-texts]
  'read-only': 'failure: read-only file system', // ASSUMED[error-texts]
  'no space': 'failure: not enough space', // ASSUMED[error-texts]
  busy: 'failure: device is busy', // ASSUMED[error-texts]
  shrink: 'failure: can not shrink file', // ASSUMED[error-texts]
  'exported item': 'failure: can not change while exported', // ASSUMED[error-texts]
  'needs size': 'failure: file-size must be specified', // ASSUMED[error-texts]
  'no pool': 'failure: file is not on a mounted disk', // ASSUMED[error-texts]
  'fixed item': 'failure: can not remove hardware item', // ASSUMED[error-texts]
  'root subvolume': 'failure: can not remove root subvolume', // ASSUMED[error-texts]
  'contents length': 'failure: file contents too long', // the manual has the limit; ASSUMED[error-texts]: the text
  'another file system': 'failure: can not move between disks', // ASSUMED[error-texts]
  ambiguous: 'ambiguous value', // seen, elsewhere
} as const;

export const failure = (what: keyof typeof TEXTS): ScriptError => new ScriptError(TEXTS[what]);

/** Seen: the beginning. */
export const unknownValue = (argument: string): ScriptError =>
  new ScriptError(`input does not match any value of ${argument}`);

/** Seen: the beginning. */
export const invalidValue = (argument: string): ScriptError =>
  new ScriptError(`invalid value for argument ${argument}`);

/** Seen: the beginning. RouterOS reports it before anything of the script runs. */
export const unknownParameter = (name: string): ScriptError => new ScriptError(`unknown parameter ${name}`);

/** Seen: the beginning. ASSUMED[error-texts]: which arguments it names. */
export const missingValue = (argument: string): ScriptError =>
  new ScriptError(`missing value(s) of argument(s) ${argument}`);

/** Seen: the beginning. RouterOS reports it before anything of the script runs. */
export const badCommand = (name: string): ScriptError => new ScriptError(`bad command name ${name}`);
