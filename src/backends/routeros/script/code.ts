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
  /**
   * @internal Use the functions beside.
   * @param parts in their order; strings are script
   * @param own the commands that this piece itself adds to those of its parts
   */
  constructor(
    private readonly parts: readonly (string | Code)[],
    private readonly own: readonly CommandUse[] = [],
  ) {}

  /** Written when asked for, which is once for a whole script: each piece writing its own would copy all many times. */
  get text(): string {
    const written: string[] = [];
    this.writeTo(written);
    return written.join('');
  }

  /** @internal Whether it begins with a bracket. */
  get isBracketed(): boolean {
    const first = this.parts.find((part) => part !== '');
    return first instanceof Code ? first.isBracketed : first?.startsWith('(') === true;
  }

  /** Its own commands, then those of its parts. Worked out when asked for: only tests ask. */
  get uses(): readonly CommandUse[] {
    return [...this.own, ...this.parts.flatMap((part) => (part instanceof Code ? part.uses : []))];
  }

  private writeTo(written: string[]): void {
    for (const part of this.parts) {
      if (part instanceof Code) part.writeTo(written);
      else written.push(part);
    }
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
function code(texts: TemplateStringsArray, ...operands: Operand[]): Code {
  const parts: (string | Code)[] = [texts[0] ?? ''];
  for (let at = 0; at < operands.length; at++) parts.push(operand(operands[at] ?? ''), texts[at + 1] ?? '');
  return new Code(parts);
}

/** @internal What stands between each two of them is script. */
export function separated(items: readonly Code[], between: string): (string | Code)[] {
  const parts: (string | Code)[] = [];
  for (const item of items) {
    if (parts.length > 0) parts.push(between);
    parts.push(item);
  }
  return parts;
}

function operand(value: Operand): Code {
  if (value instanceof Code) return value;
  if (typeof value === 'string') return new Code([quote(value)]);
  if (typeof value === 'boolean') return new Code([value ? 'yes' : 'no']);
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new RangeError(`not a whole number: ${value}`);
  return new Code([String(value)]);
}

/** Makes what a script names often once for each name. There are few: they stand in this program. */
function once(make: (name: string) => Code): (name: string) => Code {
  const made = new Map<string, Code>();
  return (name) => {
    const known = made.get(name);
    if (known) return known;
    const piece = make(name);
    made.set(name, piece);
    return piece;
  };
}

/** RouterOS takes neither `_` nor `-` in a variable's name. */
const named = (pattern: RegExp): ((text: string) => Code) =>
  once((text) => {
    if (!pattern.test(text)) throw new RangeError(`not a name of RouterOS script: ${JSON.stringify(text)}`);
    return new Code([text]);
  });
const variableName = named(NAME);

/** Statements in their order; in a block of its own where a function below takes one. */
export const sequence = (statements: readonly Code[]): Code => new Code(separated(statements, '; '));

/** Operators are written with brackets of their own; everything else gets them here. */
const bracketed = (condition: Code): Code => (condition.isBracketed ? condition : code`(${condition})`);

const block = (statements: readonly Code[]): Code => code`{ ${sequence(statements)} }`;

/** The value of a variable. */
export const variable = once((name) => code`$${variableName(name)}`);
export const local = (name: string, value: Operand): Code => code`:local ${variableName(name)} ${value}`;
export const assign = (name: string, value: Operand): Code => code`:set ${variableName(name)} ${value}`;

/** A property of the row, within `where`. */
export const property = named(PROPERTY);
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
export const seconds = (value: number): Code => code`${value}s`;

export const concatenation = (...texts: readonly Operand[]): Code =>
  new Code(['(', ...separated(texts.map(operand), ' . '), ')']);

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
export const list = (items: readonly Operand[]): Code => array(items.map(operand));
/** An item of an array without keys, from 0. */
export const element = (array: Code, at: number): Code => code`(${array}->${at})`;
/** An array with keys. */
export function map(entries: Readonly<Record<string, Operand>>): Code {
  // A key must stay a literal: `intern-literals.ts` leaves short ones alone.
  const long = Object.keys(entries).find((key) => key.length > KEY_MAX_LENGTH);
  if (long !== undefined) throw new RangeError(`too long for a key of a map: ${JSON.stringify(long)}`);
  return array(Object.entries(entries).map(([key, value]) => code`${key}=${value}`));
}

const array = (items: readonly Code[]): Code => new Code(['{', ...separated(items, ';'), '}']);

export const put = (value: Operand): Code => code`:put ${value}`;
export const raise = (text: Operand): Code => code`:error ${text}`;

export function when(condition: Code, then: readonly Code[], otherwise: readonly Code[] = []): Code {
  const only = code`:if ${bracketed(condition)} do=${block(then)}`;
  return otherwise.length === 0 ? only : code`${only} else=${block(otherwise)}`;
}

export const each = (name: string, list: Code, body: readonly Code[]): Code =>
  code`:foreach ${variableName(name)} in=${list} do=${block(body)}`;

/** The error's text is in the variable `name` of the handler. Syntax errors are never caught (RouterOS). */
export const onError = (name: string, body: readonly Code[], handler: readonly Code[]): Code =>
  code`:onerror ${variableName(name)} in=${block(body)} do=${block(handler)}`;

/** @internal For `command.ts`. */
export const toCode = operand;
