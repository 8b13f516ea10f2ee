/**
 * `bun scripts/coverage.ts <floor> [test arguments]`: runs the tests with coverage and holds all of `src` against
 * a floor of lines in percent. Bun's own threshold counts files one by one and forgets those that no test imports;
 * here such a file counts with every line of code that it has. Generated code is left out.
 */
import { Glob } from 'bun';

const FOLDER = 'coverage';

interface FileCoverage {
  found: number;
  hit: number;
}

async function main(): Promise<number> {
  const [floor = '90', ...tests] = process.argv.slice(2);
  const child = Bun.spawn(
    ['bun', 'test', '--coverage', '--coverage-reporter=lcov', `--coverage-dir=${FOLDER}`, ...tests],
    { stdout: 'inherit', stderr: 'inherit' },
  );
  if ((await child.exited) !== 0) return 1;
  const files = await withForgottenFiles(parseLcov(await Bun.file(`${FOLDER}/lcov.info`).text()));
  return report(files, Number(floor));
}

function parseLcov(text: string): Map<string, FileCoverage> {
  const files = new Map<string, FileCoverage>();
  for (const record of text.split('end_of_record')) {
    const name = /^SF:(.+)$/m.exec(record)?.[1];
    if (!name || !isCounted(name)) continue;
    const lines = [...record.matchAll(/^DA:\d+,(\d+)/gm)];
    files.set(name, { found: lines.length, hit: lines.filter(([, count]) => count !== '0').length });
  }
  return files;
}

const isCounted = (name: string): boolean =>
  name.startsWith('src/') && !name.includes('/generated/') && !name.endsWith('.test.ts');

async function withForgottenFiles(files: Map<string, FileCoverage>): Promise<Map<string, FileCoverage>> {
  for await (const name of new Glob('src/**/*.ts').scan('.')) {
    if (!isCounted(name) || files.has(name)) continue;
    const found = await linesOfCode(name);
    if (found > 0) files.set(name, { found, hit: 0 });
  }
  return files;
}

/** Lines that a compiler leaves something of: a file of nothing but types and comments has none. */
async function linesOfCode(name: string): Promise<number> {
  const compiled = new Bun.Transpiler({ loader: 'ts' }).transformSync(await Bun.file(name).text());
  return compiled.split('\n').filter((line) => /[A-Za-z0-9]/.test(line) && !line.startsWith('import '))
    .length;
}

function report(files: Map<string, FileCoverage>, floor: number): number {
  const rows = [...files].map(([name, { found, hit }]) => ({ name, found, hit, missed: found - hit }));
  const found = rows.reduce((sum, row) => sum + row.found, 0);
  const percent = (rows.reduce((sum, row) => sum + row.hit, 0) / found) * 100;
  const worst = rows.filter((row) => row.missed > 0).sort((a, b) => b.missed - a.missed);
  const lines = worst
    .slice(0, 12)
    .map((row) => `  ${String(row.missed).padStart(4)} of ${row.found} missed  ${row.name}`);
  process.stdout.write(`${lines.join('\n')}\ncoverage of src: ${percent.toFixed(1)} % of ${found} lines in `);
  process.stdout.write(`${rows.length} files; the floor is ${floor} %\n`);
  return percent >= floor ? 0 : 1;
}

process.exit(await main());
