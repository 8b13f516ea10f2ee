import { describe, expect, test } from 'bun:test';
import { faultsOf, missingTests, relativeLinks } from './links.ts';

const FILES: Record<string, string> = {
  'docs/safety.md': '- [a](../test/a.ts): `holds`, `holds\n  on` and\n- [b](b.md#part): `no test`\n',
  'docs/b.md': '',
  'test/a.ts': "test('holds', …);\ntest(`holds on`, …);",
};
const read = async (path: string) => FILES[path];

describe('links of a document', () => {
  test('are those within the repository, without fragments, and none in code', () => {
    const text = '[a](x.md#y) [b](https://example.org) [c](#here) ![d](../e.png)\n```\n[f](g.md)\n```\n';
    expect(relativeLinks(text).map(({ target }) => target)).toEqual(['x.md', '../e.png']);
  });

  test('carry the names that are quoted behind them, up to the next item or paragraph', () => {
    const text = '- [a](a.ts): `one`,\n  `two` [b](b.ts): `three`\n- `none`\n\n[c](c.ts)\n\n`none`';
    expect(relativeLinks(text).map(({ quoted }) => quoted)).toEqual([['one', 'two'], ['three'], []]);
  });
});

describe('a document', () => {
  test('is faultless where all is there', async () => {
    expect(await faultsOf('docs/safety.md', read, true)).toEqual([]);
  });

  test('that links what does not exist is told', async () => {
    expect(
      await faultsOf('d.md', async (path) => (path === 'd.md' ? '[x](gone.md)' : undefined), false),
    ).toEqual(['d.md links gone.md, which does not exist']);
  });

  test('that names a test which is not there, or none, is told', async () => {
    const text = '[a](test/a.ts): `hold`\n\n[a](test/a.ts)';
    const faults = await faultsOf('d.md', async (path) => (path === 'd.md' ? text : FILES[path]), true);
    expect(faults).toEqual([
      'd.md names the test «hold», which test/a.ts does not have',
      'd.md links test/a.ts as a proof, but names no test',
    ]);
  });
});

test('a test is named whole', () => {
  expect(missingTests(['a', 'a b', 'b'], "test('a b')")).toEqual(['a', 'b']);
});
