/**
 * `bun scripts/structure.ts`: the doors of `.dependency-cruiser.cjs`, and the limit on the length of source files.
 * A cruise that saw none of the source would find nothing wrong, so what it saw is checked too.
 */
import { Glob } from 'bun';

const LINES_MAX = 350;

async function cruise(): Promise<string[]> {
  const child = Bun.spawn(
    [
      'bun',
      '--bun',
      'node_modules/.bin/depcruise',
      'src',
      'test',
      'scripts',
      '--config',
      '.dependency-cruiser.cjs',
    ],
    { stdout: 'pipe', stderr: 'pipe' },
  );
  const text = await new Response(child.stdout).text();
  const seen = Number(/(\d+) modules/.exec(text)?.[1] ?? 0);
  const sources = (await Array.fromAsync(new Glob('src/**/*.ts').scan('.'))).length;
  if (seen < sources) return [`dependency-cruiser saw ${seen} modules; src alone has ${sources}`];
  return (await child.exited) === 0
    ? []
    : text.split('\n').filter((line) => /^\s+(error|warn)|^\s{6}/.test(line));
}

async function tooLong(): Promise<string[]> {
  const faults: string[] = [];
  for await (const name of new Glob('{src,test,scripts}/**/*.ts').scan('.')) {
    if (name.includes('/generated/')) continue;
    const lines = (await Bun.file(name).text()).split('\n').length - 1;
    if (lines > LINES_MAX) faults.push(`${name} has ${lines} lines; the limit is ${LINES_MAX}`);
  }
  return faults;
}

const faults = [...(await cruise()), ...(await tooLong())];
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(faults.length === 0 ? 'structure: every door is kept\n' : '');
process.exit(faults.length === 0 ? 0 : 1);
