import { invalidValue } from '../appliance/failures.ts';
import { parseFileSize } from '../appliance/sizes.ts';
import { ScriptArray, ScriptId, type Value } from '../script/value.ts';

/** A list, as `find` and `print as-value` return it. */
export const list = (values: readonly Value[]): ScriptArray => new ScriptArray(values);

/** Keyed values: an item of `print as-value`. */
export const keyed = (entries: Iterable<readonly [string, Value]>): ScriptArray =>
  new ScriptArray([], entries);

/** What a command was given by name, read as one type or another. */
export class Arguments {
  constructor(private readonly given: ReadonlyMap<string, Value>) {}

  has(name: string): boolean {
    return this.given.has(name);
  }

  names(): readonly string[] {
    return [...this.given.keys()];
  }

  raw(name: string): Value {
    return this.given.get(name);
  }

  /** A flag without a value. */
  flag(name: string): boolean {
    const value = this.given.get(name);
    return value === true || value === 'yes';
  }

  /** undefined: not given. Numbers and ids are texts too. @throws ScriptError an array, code, a time */
  text(name: string): string | undefined {
    if (!this.given.has(name)) return undefined;
    const value = this.given.get(name);
    if (typeof value === 'string') return value;
    if (typeof value === 'bigint') return value.toString();
    if (typeof value === 'boolean') return value ? 'yes' : 'no';
    if (value instanceof ScriptId) return value.text;
    if (value === undefined || value === null) return '';
    throw invalidValue(name);
  }

  /** `yes` and `no`; ASSUMED[model-edges]: `true` and `false` too. @throws ScriptError */
  truth(name: string): boolean | undefined {
    const value = this.given.get(name);
    if (value === undefined || typeof value === 'boolean') return value;
    if (value === 'yes' || value === 'true') return true;
    if (value === 'no' || value === 'false') return false;
    throw invalidValue(name);
  }

  /** @throws ScriptError */
  number(name: string): bigint | undefined {
    const value = this.given.get(name);
    if (value === undefined || typeof value === 'bigint') return value;
    if (typeof value === 'string' && /^\d{1,18}$/.test(value)) return BigInt(value);
    throw invalidValue(name);
  }

  /** Bytes, or with a binary suffix. @throws ScriptError */
  size(name: string): bigint | undefined {
    const text = this.text(name);
    const bytes = text === undefined ? undefined : parseFileSize(text);
    if (text !== undefined && bytes === undefined) throw invalidValue(name);
    return bytes;
  }

  /** `slot,size`, or an array of texts. */
  words(name: string): readonly string[] | undefined {
    const value = this.given.get(name);
    if (value instanceof ScriptArray) return value.list.filter((word) => typeof word === 'string');
    const text = this.text(name);
    return text?.split(',').filter((word) => word !== '');
  }
}
