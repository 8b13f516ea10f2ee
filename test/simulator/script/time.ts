import { ScriptTime } from './scalar.ts';

const SECOND = 1_000_000_000n;
const UNITS = [
  ['w', 604_800n * SECOND],
  ['d', 86_400n * SECOND],
  ['h', 3_600n * SECOND],
  ['m', 60n * SECOND],
  ['s', SECOND],
  ['ms', 1_000_000n],
  ['us', 1_000n],
  ['ns', 1n],
] as const;
const [[, WEEK], [, DAY], [, HOUR], [, MINUTE]] = UNITS;

const WITH_UNITS = new RegExp(
  `^(-?)(?=\\d)${UNITS.map(([unit]) => `(?:(\\d{1,15})${unit}(?![a-z]))?`).join('')}$`,
);
const WITH_COLONS = /^(-?)(?:(\d{1,6})w)?(?:(\d{1,6})d)?(\d{1,6}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?$/;

/**
 * Reads `5s`, `1d2h`, `200ms`, `00:00:05`, `1w2d03:04:05.5`, and `10:00`, which is ten hours (manual, `:tonsec`).
 * @returns undefined where the text is no time
 */
export function parseTime(text: string): ScriptTime | undefined {
  const colons = WITH_COLONS.exec(text);
  if (colons) {
    const [, sign, weeks, days, hours, minutes, seconds, fraction = ''] = colons;
    const whole =
      count(weeks) * WEEK +
      count(days) * DAY +
      count(hours) * HOUR +
      count(minutes) * MINUTE +
      count(seconds) * SECOND;
    return signed(sign, whole + BigInt(fraction.padEnd(9, '0')));
  }
  const units = WITH_UNITS.exec(text);
  if (!units) return undefined;
  const [, sign, ...counts] = units;
  return signed(
    sign,
    UNITS.reduce((sum, [, size], index) => sum + count(counts[index]) * size, 0n),
  );
}

const count = (digits: string | undefined): bigint => BigInt(digits ?? 0);

const signed = (sign: string | undefined, ns: bigint): ScriptTime => new ScriptTime(sign === '-' ? -ns : ns);

/** `00:00:05`, `1w2d03:04:05`, `00:00:00.200`: fractions have three, six or nine digits, as far as they are needed. */
export function formatTime({ ns }: ScriptTime): string {
  const all = ns < 0n ? -ns : ns;
  const weeks = all / WEEK;
  const days = (all % WEEK) / DAY;
  const clock = [(all % DAY) / HOUR, (all % HOUR) / MINUTE, (all % MINUTE) / SECOND]
    .map((part) => part.toString().padStart(2, '0'))
    .join(':');
  return `${ns < 0n ? '-' : ''}${weeks ? `${weeks}w` : ''}${days ? `${days}d` : ''}${clock}${fraction(all % SECOND)}`;
}

function fraction(ns: bigint): string {
  if (ns === 0n) return '';
  const digits = ns.toString().padStart(9, '0');
  return `.${digits.replace(/(?:000){1,2}$/, '')}`;
}
