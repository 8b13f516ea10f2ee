/** Seconds of a time as RouterOS prints it, such as `1w2d03:04:05` or `3d4h5s`; undefined where it is no time. */
export function readUptime(text: string): number | undefined {
  const [, weeks, days, clock] = /^(?:(\d+)w)?(?:(\d+)d)?(\d{1,2}:\d{2}:\d{2}(?:\.\d+)?)$/.exec(text) ?? [];
  if (clock !== undefined) {
    const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map((part) => Math.trunc(Number(part)));
    return Number(weeks ?? 0) * WEEK_S + Number(days ?? 0) * DAY_S + hours * 3600 + minutes * 60 + seconds;
  }
  if (!/^(?:\d+[wdhms])+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+)([wdhms])/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS_S[unit ?? ''] ?? 0), 0);
}

const DAY_S = 86_400;
const WEEK_S = 7 * DAY_S;
const UNITS_S: Readonly<Record<string, number>> = { w: WEEK_S, d: DAY_S, h: 3600, m: 60, s: 1 };
