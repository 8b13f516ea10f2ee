import { type Code, equals, greater, length, property, when } from '../script/code.ts';
import { command, find } from '../script/command.ts';

/** A file by its name, without a leading slash. ASSUMED: `find where name=` finds it at any depth. */
export const fileNamed = (name: string | Code): Code => find('/file', equals(property('name'), name));

export const isThere = (items: Code): Code => greater(length(items), 0);
export const isAbsent = (items: Code): Code => equals(length(items), 0);

export const makeFolder = (name: string): Code =>
  when(isAbsent(fileNamed(name)), [command('/file', 'add', { name, type: 'directory' })]);

/** ASSUMED: `add` and `set` take the text as it is, without an ending of their own. */
export const writeFile = (name: string | Code, contents: string | Code): Code =>
  when(
    isThere(fileNamed(name)),
    [command('/file', 'set', { contents }, { items: fileNamed(name) })],
    [command('/file', 'add', { name, contents })],
  );

/** Says nothing where there is none: RouterOS removes an empty list without a word. */
export const removeFile = (name: string | Code): Code =>
  command('/file', 'remove', {}, { items: fileNamed(name) });
