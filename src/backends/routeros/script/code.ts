import { quote } from './quote.ts';

/** A menu command that a script contains: what the appliance's schema must have. */
export interface CommandUse {
  readonly path: string;
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * A piece of RouterOS script. Only the functions of this folder make one, and they take values, never text that is
 * already script: a caller cannot put strings together.
 */
export class Code {
  /** @internal Use the functions beside. */
  constructor(
    readonly text: string,
    private readonly own: readonly CommandUse[] = [],
    private readonly parts: readonly Code[] = [],
  ) {}

  /** Its own commands, then those of its parts. Worked out when asked for: only tests ask. */
  get uses(): readonly CommandUse[] {
    return [...this.own, ...this.parts.flatMap(({ uses }) => uses)];
  }
}

/** A value, which becomes a literal, or a piece of script that gives one. */
export type Operand = string | number | bigint | boolean | Code;

const KEY_MAX_LENGTH = 13;
/**
 * One letter, and digits: no property of RouterOS is called so. Within `where` a property hides the variable of its
 * name, without a word (MikroTik forum and manual, Scripting, tips).
 */
const NAME = /^[a-z][0-9]*$/;
const PROPERTY = /^\.?[a-z][a-z0-9-]*$/;

/** Puts parts together: strings are script, everything else goes through {@link operand}. */
function code(parts: TemplateStringsArray, ...operands: Operand[]): Code {
  const codes = operands.map(operand);
  const text = parts.reduce((all, part, at) => all + (codes[at - 1]?.text ?? '') + part);
  return new Code(text, [], codes);
}

function operand(value: Operand): Code {
  if (value instanceof Code) return value;
  if (typeof value === 'string') return new Code(quote(value));
  if (typeof value === 'boolean') return new Code(value ? 'yes' : 'no');
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new RangeError(`not a whole number: ${value}`);
  return new Code(String(value));
}

/** Of variables and keys; RouterOS takes neither `_` nor `-` in a variable's name. */
function named(pattern: RegExp, text: string): Code {
  if (!pattern.test(text)) throw new RangeError(`not a name of RouterOS script: ${JSON.stringify(text)}`);
  return new Code(text);
}

/** Statements in their order; in a block of its own where a function below takes one. */
export function sequence(statements: readonly Code[]): Code {
  const text = statements.map((statement) => statement.text).join('; ');
  return new Code(text, [], statements);
}

/** Operators are written with brackets of their own; everything else gets them here. */
const bracketed = (condition: Code): Code =>
  condition.text.startsWith('(') ? condition : code`(${condition})`;

const block = (statements: readonly Code[]): Code => code`{ ${sequence(statements)} }`;

/** The value of a variable. */
export const variable = (name: string): Code => code`$${named(NAME, name)}`;
export const local = (name: string, value: Operand): Code => code`:local ${named(NAME, name)} ${value}`;
export const assign = (name: string, value: Operand): Code => code`:set ${named(NAME, name)} ${value}`;

/** A property of the row, within `where`. */
export const property = (name: string): Code => named(PROPERTY, name);
/** A value of a map by its key, such as a property of a row that `print as-value` gave. */
export const entry = (map: Code, key: string): Code => code`(${map}->${key})`;

export const equals = (left: Operand, right: Operand): Code => code`(${left}=${right})`;
export const differs = (left: Operand, right: Operand): Code => code`(${left}!=${right})`;
export const greater = (left: Operand, right: Operand): Code => code`(${left} > ${right})`;
/** `regex` is POSIX extended. */
export const matches = (text: Operand, regex: Operand): Code => code`(${text}~${regex})`;
export const not = (condition: Code): Code => code`(!${condition})`;
export const both = (left: Code, right: Code): Code => code`(${left} && ${right})`;
export const either = (left: Code, right: Code): Code => code`(${left} || ${right})`;
export const plus = (left: Operand, right: Operand): Code => code`(${left} + ${right})`;
export const minus = (left: Operand, right: Operand): Code => code`(${left} - ${right})`;
export const times = (left: Operand, right: Operand): Code => code`(${left} * ${right})`;
export const divide = (left: Operand, right: Operand): Code => code`(${left} / ${right})`;
/** A time of whole seconds. */
export const seconds = (value: number): Code => code`${value}${new Code('s')}`;

export function concatenation(...texts: readonly Operand[]): Code {
  const codes = texts.map(operand);
  return new Code(`(${codes.map(({ text }) => text).join(' . ')})`, [], codes);
}

export const length = (value: Operand): Code => code`[:len ${value}]`;
/** The characters from `begin` up to, not including, `end`. */
export const part = (text: Operand, begin: Operand, end: Operand): Code =>
  code`[:pick ${text} ${begin} ${end}]`;
/** The first item of a list, such as the one id that `find` gave. */
export const firstOf = (items: Code): Code => code`[:pick ${items} 0]`;
/** `num`, `str`, `nil` …, as RouterOS names types. */
export const typeOf = (value: Operand): Code => code`[:typeof ${value}]`;
/** The text that RouterOS prints for a value. */
export const asText = (value: Operand): Code => code`[:tostr ${value}]`;
/** Where `needle` begins in a text, from 0. ASSUMED[find-nil]: nil where it is not in it. */
export const position = (text: Operand, needle: Operand): Code => code`[:find ${text} ${needle}]`;
/** JSON in which texts stay texts, whatever they look like (RouterOS 7.16 and later). */
export const asJson = (value: Operand): Code =>
  code`[:serialize to=json options=json.no-string-conversion value=${value}]`;
/** An array without keys. */
export function list(items: readonly Operand[]): Code {
  const all = items.map(operand);
  return new Code(`{${all.map(({ text }) => text).join(';')}}`, [], all);
}
/** An item of an array without keys, from 0. */
export const element = (array: Code, at: number): Code => code`(${array}->${at})`;
/** An array with keys. */
export function map(entries: Readonly<Record<string, Operand>>): Code {
  // A key must stay a literal: `intern-literals.ts` leaves short ones alone.
  const long = Object.keys(entries).find((key) => key.length > KEY_MAX_LENGTH);
  if (long !== undefined) throw new RangeError(`too long for a key of a map: ${JSON.stringify(long)}`);
  const all = Object.entries(entries).map(([key, value]) => code`${key}=${value}`);
  return new Code(`{${all.map(({ text }) => text).join(';')}}`, [], all);
}

export const put = (value: Operand): Code => code`:put ${value}`;
export const raise = (text: Operand): Code => code`:error ${text}`;

export function when(condition: Code, then: readonly Code[], otherwise: readonly Code[] = []): Code {
  const only = code`:if ${bracketed(condition)} do=${block(then)}`;
  return otherwise.length === 0 ? only : code`${only} else=${block(otherwise)}`;
}

export const each = (name: string, list: Code, body: readonly Code[]): Code =>
  code`:foreach ${named(NAME, name)} in=${list} do=${block(body)}`;

/** The error's text is in the variable `name` of the handler. Syntax errors are never caught (RouterOS). */
export const onError = (name: string, body: readonly Code[], handler: readonly Code[]): Code =>
  code`:onerror ${named(NAME, name)} in=${block(body)} do=${block(handler)}`;

/** @internal For `command.ts`. */
export const propertyName = (name: string): Code => named(PROPERTY, name);
/** @internal For `command.ts`. */
export const toCode = operand;
