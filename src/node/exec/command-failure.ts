import type { CommandResult } from './command-runner.ts';

const TEXT_LIMIT = 500;

/** What a program said about its failure, for an error's message: `exit code 32: wrong fs type`. */
export function failureText(result: CommandResult): string {
  const said = (result.stderr.trim() || result.stdout.trim()).replace(/\s*\n\s*/g, '; ');
  const text = said.length > TEXT_LIMIT ? `${said.slice(0, TEXT_LIMIT)}…` : said;
  return text === '' ? `exit code ${result.exitCode}` : `exit code ${result.exitCode}: ${text}`;
}
