import { expect, test } from 'bun:test';
import { Glob } from 'bun';
import { PROGRAMS } from '../../scripts/image/contents.ts';

const SRC = `${import.meta.dir}/../../src`;
/** The first word of a command line that is run: `runner.run(['losetup', …])`, `const argv = ['mkfs.xfs', …]`. */
const ARGV =
  /(?:\.run\(|argv = |mkfs: .*=> |grow: .*=> |(?:U?MOUNT) = )\[\s*'([a-z][\w.]+)'|'(mkfs\.\w+)',|program = '(\w+)'/g;

test('every program that the source runs is in the image', async () => {
  const called = new Set<string>();
  for await (const path of new Glob('**/*.ts').scan(SRC)) {
    if (path.endsWith('.test.ts') || !/^(node|backends.mock)\//.test(path)) continue;
    const text = await Bun.file(`${SRC}/${path}`).text();
    for (const [, ...names] of text.matchAll(ARGV))
      called.add(names.find((name) => name !== undefined) ?? '');
  }
  expect(called.size).toBeGreaterThan(10);
  expect(Array.from(called).filter((name) => !PROGRAMS.includes(name))).toEqual([]);
});
