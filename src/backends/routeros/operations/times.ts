/**
 * A time as `:serialize` gives it, in ms since 1970-01-01 UTC. ASSUMED[creation-time]: `2026-11-24 10:00:00` in the appliance's own
 * zone; a number of seconds is taken for one, too.
 * @param offset the zone's `gmt-offset`: seconds, or `02:00:00` with an optional sign
 * @returns undefined where it has neither form
 */
export function readTime(value: string | number, offset: string | number): number | undefined {
  if (typeof value === 'number') return value * 1000;
  const [, date, time] = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})/.exec(value) ?? [];
  const offsetS = readOffset(offset);
  if (!date || !time || offsetS === undefined) return undefined;
  const local = Date.parse(`${date}T${time}Z`);
  return Number.isNaN(local) ? undefined : local - offsetS * 1000;
}

export function readOffset(offset: string | number): number | undefined {
  if (typeof offset === 'number') return offset;
  if (/^-?\d+$/.test(offset)) return Number(offset);
  const [, sign, hours, minutes, seconds] = /^([+-]?)(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(offset) ?? [];
  if (hours === undefined) return undefined;
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0);
  return sign === '-' ? -size : size;
}
