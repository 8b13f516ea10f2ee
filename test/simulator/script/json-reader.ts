import { ScriptError } from './script-error.ts';
import { ScriptArray, type Value } from './value.ts';
import { parseNumber, scalarOf } from './words.ts';

const DEPTH_MAX = 100;
const STRING = /"(?:[^"\\]|\\.)*"/sy;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

/**
 * `:deserialize from=json`. Trailing commas are taken (notes on 7.21, JSON, 6.3). Unless strings are kept, one that
 * reads as a number, a time or a boolean becomes it (4.3).
 * @throws ScriptError the text is no JSON. ASSUMED[error-texts]: the wording.
 */
export function readJson(text: string, keepStrings: boolean): Value {
  const reader = new JsonReader(text, keepStrings);
  return reader.whole();
}

class JsonReader {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly keepStrings: boolean,
  ) {}

  whole(): Value {
    const value = this.value(0);
    this.blanks();
    if (this.at < this.text.length) throw this.fault();
    return value;
  }

  private value(depth: number): Value {
    this.blanks();
    if (depth > DEPTH_MAX) throw this.fault();
    if (this.take('[')) return this.list(depth);
    if (this.take('{')) return this.object(depth);
    if (this.text[this.at] === '"') {
      const text = this.string();
      return this.keepStrings ? text : scalarOf(text);
    }
    const number = this.match(NUMBER);
    // ASSUMED[language-edges]: a number that is no integer of 64 bits becomes text; RouterOS has no floats.
    if (number !== '') return parseNumber(number) ?? number;
    return this.word();
  }

  private word(): Value {
    const word = this.match(WORD);
    if (word === '') throw this.fault();
    return word === 'null' ? null : word === 'true';
  }

  private list(depth: number): Value {
    const list: Value[] = [];
    while (!this.closed(']')) {
      list.push(this.value(depth + 1));
      this.comma(']');
    }
    return new ScriptArray(list);
  }

  private object(depth: number): Value {
    const map = new Map<string, Value>();
    while (!this.closed('}')) {
      const key = this.string();
      this.blanks();
      if (!this.take(':')) throw this.fault();
      map.set(key, this.value(depth + 1));
      this.comma('}');
    }
    return new ScriptArray([], map);
  }

  private closed(bracket: string): boolean {
    this.blanks();
    return this.take(bracket);
  }

  private comma(bracket: string): void {
    this.blanks();
    if (!this.take(',') && this.text[this.at] !== bracket) throw this.fault();
  }

  private string(): string {
    const quoted = this.match(STRING);
    if (quoted === '') throw this.fault();
    try {
      return String(JSON.parse(quoted));
    } catch {
      throw this.fault();
    }
  }

  private blanks(): void {
    this.match(/\s+/y);
  }

  private take(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const [found = ''] = pattern.exec(this.text) ?? [];
    this.at += found.length;
    return found;
  }

  private fault(): ScriptError {
    return new ScriptError(`failure: invalid JSON at position ${this.at}`);
  }
}
