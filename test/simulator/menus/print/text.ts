import { groupDigits, roundedSize } from '../../appliance/sizes.ts';
import { ScriptArray, ScriptId, ScriptTime, type Value } from '../../script/value.ts';
import type { TextForm } from '../list-menu.ts';

/** A value as text output writes it, in quotes where its form has them. */
export function formatValue(value: Value, form: TextForm, quotes = true): string {
  if (value instanceof ScriptArray) return value.list.map((one) => formatValue(one, form, false)).join(',');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'bigint') return formatNumber(value, form);
  if (value instanceof ScriptTime) return formatDuration(value.ns);
  const text = value instanceof ScriptId ? value.text : typeof value === 'string' ? value : '';
  return form === 'text' && quotes ? quote(text) : text;
}

function formatNumber(value: bigint, form: TextForm): string {
  if (form === 'grouped') return groupDigits(value);
  if (form === 'rounded') return roundedSize(value);
  return form === 'percent' ? `${value}%` : value.toString();
}

/** `1w2d3h4m5s`, as uptime is printed: what is zero is left out. */
export function formatDuration(ns: bigint): string {
  let seconds = ns / 1_000_000_000n;
  const parts: string[] = [];
  for (const [unit, length] of [
    ['w', 604_800n],
    ['d', 86_400n],
    ['h', 3_600n],
    ['m', 60n],
  ] as const) {
    if (seconds >= length) parts.push(`${seconds / length}${unit}`);
    seconds %= length;
  }
  if (seconds > 0n || parts.length === 0) parts.push(`${seconds}s`);
  return parts.join('');
}

/** ASSUMED[text-print]: as in a script's string, except that `$` stays; control characters become `\0A`. */
function quote(text: string): string {
  const escaped = text.replace(/["\\]|\p{Cc}/gu, (character) =>
    character === '"' || character === '\\'
      ? `\\${character}`
      : `\\${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return `"${escaped}"`;
}
