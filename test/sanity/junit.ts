/** What csi-sanity's JUnit file says of its specs. */
export interface SanityResults {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
}

/** Reads the JUnit XML that ginkgo writes. @throws RangeError where there is no spec in it */
export function parseJunit(xml: string): SanityResults {
  const cases = [...xml.matchAll(/<testcase name="([^"]*)"[^>]* status="([^"]*)"/g)].map(
    ([, name = '', status = '']) => ({ name: unescapeXml(name), status }),
  );
  const specs = cases.filter(({ name }) => name.startsWith('[It] '));
  if (specs.length === 0) throw new RangeError('no spec in the JUnit file');
  const named = (accept: (status: string) => boolean) =>
    specs.filter(({ status }) => accept(status)).map(({ name }) => specName(name));
  return {
    passed: named((status) => status === 'passed').length,
    failed: named((status) => status !== 'passed' && status !== 'skipped' && status !== 'pending'),
    skipped: named((status) => status === 'skipped' || status === 'pending'),
  };
}

/** Without ginkgo's marks, white space folded. */
const specName = (name: string): string =>
  name
    .replace(/^\[It\] /, '')
    .replace(/\s+/g, ' ')
    .trim();

const unescapeXml = (text: string): string =>
  text
    .replaceAll('&#34;', '"')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

/** The skips that docs/TESTING.md lists: `- spec name: reason` below a heading. @returns reasons by name */
export function listedSkips(testing: string, heading: string): Map<string, string> {
  const section = testing.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const rows = [...section.matchAll(/^- `([^`]+)`: (.+)$/gm)];
  return new Map(rows.map(([, name = '', reason = '']) => [name, reason]));
}
