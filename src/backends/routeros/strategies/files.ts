import {
  type Code,
  divide,
  equals,
  greater,
  length,
  type Operand,
  part,
  plus,
  property,
  when,
} from '../script/code.ts';
import { command, find } from '../script/command.ts';

/** A file by its name, without a leading slash. ASSUMED[deep-find]: `find where name=` finds it at any depth. */
export const fileNamed = (name: string | Code): Code => find('/file', equals(property('name'), name));

export const isThere = (items: Code): Code => greater(length(items), 0);
export const isAbsent = (items: Code): Code => equals(length(items), 0);

export const makeFolder = (name: string): Code =>
  when(isAbsent(fileNamed(name)), [command('/file', 'add', { name, type: 'directory' })]);

/** ASSUMED[file-contents]: `add` and `set` take the text as it is, without an ending of their own. */
export const writeFile = (name: string | Code, contents: string | Code): Code =>
  when(
    isThere(fileNamed(name)),
    [command('/file', 'set', { contents }, { items: fileNamed(name) })],
    [command('/file', 'add', { name, contents })],
  );

/** The disk that uses an image. */
export const diskOf = (image: Operand): Code => find('/disk', equals(property('file-path'), image));

/**
 * Of the items that an image is made of: all where no disk uses the image, else none. For `remove`, which evaluates it
 * in one go with its work: whoever has made the volume anew meanwhile keeps it, however late this script is.
 * ASSUMED[pick-nothing]: `:pick` of an array from 0 up to 0 is an empty one.
 */
export const unused = (items: Code, image: string): Code =>
  part(items, 0, divide(1, plus(1, length(diskOf(image)))));
