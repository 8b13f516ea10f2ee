import type { Result } from '../../backends/routeros/doctor/check.ts';
import type { Examination } from '../../backends/routeros/doctor/doctor.ts';
import { NOT_ANSWERED } from '../../backends/routeros/doctor/trials/trials.ts';
import type { SshSettings } from '../../backends/routeros/ssh/ssh-settings.ts';
import { printable } from '../table.ts';

/** What a report never shows, and what stands in its place. */
export type Scrub = (text: string) => string;

/** Passwords, the address and the user's name. */
export function scrubFor({ address, user, password, passphrase }: SshSettings): Scrub {
  const hidden: [string, string][] = [
    [password ?? '', '[redacted]'],
    [passphrase ?? '', '[redacted]'],
    [address, '<address>'],
    [JSON.stringify(user), '"<user>"'],
  ];
  const used = hidden.filter(([text]) => text.length > 2);
  return (text) => used.reduce((rest, [secret, shown]) => rest.replaceAll(secret, shown), text);
}

/** One result, as a paragraph for people. */
export function resultText({ status, id, title, seen, remedy }: Result, scrub: Scrub): string {
  const mark = MARKS[status];
  const lines = [`${mark} ${id}: ${title}`, `        ${seen}`, ...(remedy ? [`        → ${remedy}`] : [])];
  return lines.map((line) => `${printable(scrub(line))}\n`).join('');
}

const MARKS = {
  ok: 'ok     ',
  warning: 'warning',
  failed: 'FAILED ',
  unknown: 'unknown',
  skipped: 'skipped',
} as const;

export function summaryText({ results, left, interrupted }: Examination, writeTests: boolean): string {
  const count = (status: Result['status']) => results.filter((result) => result.status === status).length;
  const unanswered = Object.entries(NOT_ANSWERED).map(([id, why]) => `  ${id}: ${why}`);
  return [
    '',
    `${results.length} checks: ${count('ok')} ok, ${count('warning')} warnings, ${count('failed')} failed, ` +
      `${count('unknown')} unknown, ${count('skipped')} skipped${interrupted ? '; INTERRUPTED' : ''}`,
    ...left.map((what) => `LEFT BEHIND: ${what}`),
    ...(writeTests ? ['', 'not answered by any of these (docs/hardware-questions.md):', ...unanswered] : []),
    '',
  ].join('\n');
}

export const succeeded = ({ results, left, interrupted }: Examination): boolean =>
  !interrupted && left.length === 0 && !results.some(({ status }) => status === 'failed');

/** For machines: what each assumption became, by the checks that settle it. */
export function reportJson(examination: Examination, version: string, at: number, scrub: Scrub): object {
  const { results, left, interrupted } = examination;
  return {
    version,
    at: new Date(at).toISOString(),
    good: succeeded(examination),
    interrupted,
    left,
    results: results.map((result) => ({
      ...result,
      seen: scrub(result.seen),
      ...(result.remedy !== undefined && { remedy: scrub(result.remedy) }),
    })),
    notAnswered: NOT_ANSWERED,
  };
}
