import type { Block } from './ast.ts';
import { type Scalar, ScriptId, ScriptTime } from './scalar.ts';

export { ScriptId, ScriptTime };

export type Value = Scalar | ScriptArray | ScriptCode;

/**
 * RouterOS's arrays hold elements without keys, in their order, and elements with keys, sorted by key
 * (manual, «Operations with Arrays»).
 */
export class ScriptArray {
  readonly list: Value[];
  readonly map: Map<string, Value>;

  constructor(list: Iterable<Value> = [], entries: Iterable<readonly [string, Value]> = []) {
    this.list = [...list];
    // ASSUMED[language-edges]: «alphabetical» is by code unit, so that `aX` stands before `ay` and `.id` before letters.
    this.map = new Map([...new Map(entries)].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Elements, with and without keys. */
  get size(): number {
    return this.list.length + this.map.size;
  }

  /** Keys and values as `:foreach k,v` sees them: positions first. */
  entries(): (readonly [bigint | string, Value])[] {
    const listed = this.list.map((value, index) => [BigInt(index), value] as const);
    return [...listed, ...this.map];
  }
}

/** Code as a value: a function (`do={…}`) or what `:parse` made. */
export class ScriptCode {
  constructor(
    readonly body: Block,
    readonly form: 'function' | 'parsed',
  ) {}
}

/** What `:typeof` says. That a function is an «array» was measured on 7.21 (README.md, notes: types). */
export function typeOf(value: Value): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'nil';
  if (value instanceof ScriptTime) return 'time';
  if (value instanceof ScriptId) return 'id';
  if (value instanceof ScriptCode) return value.form === 'function' ? 'array' : 'code';
  if (value instanceof ScriptArray) return 'array';
  return { boolean: 'bool', bigint: 'num', string: 'str' }[typeof value as 'boolean' | 'bigint' | 'string'];
}
