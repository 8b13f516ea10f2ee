/**
 * `bun scripts/links.ts`: sees that what the documents point to is there: each relative link of README.md,
 * CONTRIBUTING.md and docs/, and each test that docs/data-safety.md names for the file it links to.
 */
import { stat } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { Glob } from 'bun';

export interface Link {
  readonly target: string;
  /** What stands in backquotes between this link and the next, or the end of the paragraph. */
  readonly quoted: readonly string[];
}

const LINK = /\]\(([^)\s]+)\)/g;
const CODE = /^(```|~~~)[\s\S]*?^\1/gm;
const QUOTED = /`([^`]+)`/g;

/** The relative links of a Markdown text, without fragments. */
export function relativeLinks(markdown: string): Link[] {
  const text = markdown.replace(CODE, '');
  const found = [...text.matchAll(LINK)];
  return found.flatMap(({ index, 0: link, 1: address = '' }, at) => {
    const target = address.replace(/#.*$/, '');
    if (target === '' || /^[a-z][a-z0-9+.-]*:/i.test(target)) return [];
    const rest = text.slice(index + link.length, found[at + 1]?.index);
    const [paragraph = ''] = rest.split(/\n\s*\n|\n[-*#|] ?/);
    return [{ target, quoted: [...paragraph.matchAll(QUOTED)].map(([, name = '']) => name) }];
  });
}

/** The names that no test of the source has. A line break within a name is a blank. */
export function missingTests(names: readonly string[], source: string): string[] {
  const has = (name: string) => [`'`, `"`, '`'].some((quote) => source.includes(`${quote}${name}${quote}`));
  return names.map((name) => name.replace(/\s+/g, ' ')).filter((name) => !has(name));
}

/** What is wrong with one document. @param read gives a file's text, undefined where there is no such file */
export async function faultsOf(
  path: string,
  read: (path: string) => Promise<string | undefined>,
  namesTests: boolean,
): Promise<string[]> {
  const faults: string[] = [];
  for (const { target, quoted } of relativeLinks((await read(path)) ?? '')) {
    const file = normalize(join(dirname(path), target));
    const source = await read(file);
    if (source === undefined) faults.push(`${path} links ${target}, which does not exist`);
    else if (namesTests && file.endsWith('.ts')) {
      const missing = missingTests(quoted, source);
      faults.push(...missing.map((name) => `${path} names the test «${name}», which ${file} does not have`));
      if (quoted.length === 0) faults.push(`${path} links ${file} as a proof, but names no test`);
    }
  }
  return faults;
}

/** A folder counts as there, with an empty text. */
async function read(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return '';
  return found && Bun.file(path).text();
}

async function main(): Promise<number> {
  const documents = ['README.md', 'CONTRIBUTING.md', ...new Glob('docs/**/*.md').scanSync('.')];
  const faults = await Promise.all(
    documents.map((path) => faultsOf(path, read, path === 'docs/data-safety.md')),
  );
  for (const fault of faults.flat()) process.stderr.write(`${fault}\n`);
  return faults.flat().length === 0 ? 0 : 1;
}

if (import.meta.main) process.exit(await main());
