import { formatTime } from './time.ts';
import { ScriptArray, ScriptCode, ScriptId, ScriptTime, type Value } from './value.ts';

/**
 * A value's text, as `:put`, `:tostr` and `.` write it: arrays as `a;b;k=v`, those within arrays without brackets,
 * nothing and nil as the empty string, code as `(code)`.
 */
export function textOf(value: Value): string {
  if (value === undefined || value === null) return '';
  if (value instanceof ScriptTime) return formatTime(value);
  if (value instanceof ScriptId) return value.text;
  // ASSUMED[language-edges]: `:put` of code says `(code)` as `:tostr` does; the device prints its intermediate form there.
  if (value instanceof ScriptCode) return '(code)';
  if (value instanceof ScriptArray) {
    const keyed = [...value.map].map(([key, element]) => `${key}=${textOf(element)}`);
    return [...value.list.map(textOf), ...keyed].join(';');
  }
  return value.toString();
}
