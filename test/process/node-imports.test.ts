import { describe, expect, test } from 'bun:test';

const ROOT = `${import.meta.dir}/../..`;
const transpiler = new Bun.Transpiler({ loader: 'ts' });

/** What is loaded at once with a file of ours: all that it imports, but not what it imports when it is needed. */
async function loadedWith(entry: string, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  for (const { kind, path } of transpiler.scanImports((await Bun.file(entry).text()).replace(/^#!.*/, ''))) {
    if (kind === 'dynamic-import') continue;
    if (path.startsWith('.') && path.endsWith('.ts'))
      await loadedWith(Bun.resolveSync(path, entry.replace(/\/[^/]+$/, '')), seen);
    else seen.add(path);
  }
  return seen;
}

describe('a node plugin', () => {
  for (const entry of ['src/main.ts', 'src/commands/serve.ts', 'src/container.ts', 'src/node/open-node.ts']) {
    test(`loads no Kubernetes client and no SSH with ${entry}`, async () => {
      const loaded = [...(await loadedWith(Bun.resolveSync(`./${entry}`, ROOT)))];
      expect(
        loaded.filter((path) => /@kubernetes|src\/kubernetes\/|^ssh2$|src\/core\/reconcile\//.test(path)),
      ).toEqual([]);
      expect(loaded.length).toBeGreaterThan(3);
    });
  }
});
