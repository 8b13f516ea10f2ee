import { ScriptError } from '../script/script-error.ts';

/** The simulator's own: the device has it, the simulator doesn't play it. Never to be taken for RouterOS's words. */
export class NotPlayed extends ScriptError {
  constructor(what: string) {
    super(`simulator: ${what} is not played`);
  }
}

/** Every text with which a menu refuses. «seen» is published output of a device, everything else is ASSUMED. */
const TEXTS = {
  'no such item': 'no such item', // seen
  permission: 'not enough permissions (9)', // seen, over the API
  compress: 'failure: compression only available for btrfs', // the manual's text; ASSUMED: the prefix
  'slot exists': 'failure: slot already exists', // ASSUMED
  'slot length': 'failure: slot name too long', // ASSUMED: the text; the limit of 32 was seen
  'comment length': 'failure: comment too long', // ASSUMED
  'duplicate nqn': 'failure: nvme-tcp-server-nqn already in use', // ASSUMED
  'duplicate port': 'failure: nvme-tcp-server-port already in use', // ASSUMED
  'image in use': 'failure: file is already in use', // ASSUMED
  'file exists': 'failure: file already exists', // ASSUMED
  'no folder': 'failure: no such file or directory', // ASSUMED
  'not a folder': 'failure: not a directory', // ASSUMED
  'folder not empty': 'failure: directory not empty', // ASSUMED
  'read-only': 'failure: read-only file system', // ASSUMED
  'no space': 'failure: not enough space', // ASSUMED
  busy: 'failure: device is busy', // ASSUMED
  shrink: 'failure: can not shrink file', // ASSUMED
  'exported item': 'failure: can not change while exported', // ASSUMED
  'needs size': 'failure: file-size must be specified', // ASSUMED
  'no pool': 'failure: file is not on a mounted disk', // ASSUMED
  'fixed item': 'failure: can not remove hardware item', // ASSUMED
  'root subvolume': 'failure: can not remove root subvolume', // ASSUMED
  'contents length': 'failure: file contents too long', // the manual has the limit; ASSUMED: the text
  'another file system': 'failure: can not move between disks', // ASSUMED
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

/** Seen: the beginning. ASSUMED: which arguments it names. */
export const missingValue = (argument: string): ScriptError =>
  new ScriptError(`missing value(s) of argument(s) ${argument}`);

/** Seen: the beginning. RouterOS reports it before anything of the script runs. */
export const badCommand = (name: string): ScriptError => new ScriptError(`bad command name ${name}`);
