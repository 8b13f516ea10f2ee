import { existsSync, readFileSync } from 'node:fs';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** Of a JUnit file. A guest that died, or failed beside its tests, counts as one failure more. */
export function countsIn(junit: string, exitCode: number | undefined): Counts {
  const attributes = existsSync(junit)
    ? (/<testsuites [^>]*>/.exec(readFileSync(junit, 'utf8'))?.[0] ?? '')
    : '';
  const number = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(attributes)?.[1] ?? 0);
  const failed = number('failures') + number('errors');
  const passed = Math.max(0, number('tests') - failed - number('skipped'));
  const sound = exitCode === 0 && failed === 0 && passed > 0;
  return { passed, failed: sound ? 0 : Math.max(1, failed) };
}

/** A text file's last lines. */
export const tail = (path: string, lines: number): string =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(-lines).join('\n') : `there is no ${path}`;
