import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { parseAllDocuments, stringify } from 'yaml';
import { Tenant } from '../tenant.ts';

const RENDERED = `${import.meta.dir}/../../../chart/rendered`;
const BASE = `${import.meta.dir}/../../../../deploy/kustomize/base/rose-csi.yaml`;
/** Of others' operators, which are not here. */
const FOREIGN = new Set(['ServiceMonitor', 'PrometheusRule', 'VolumeGroupSnapshotClass']);

let tenant: Tenant;
beforeAll(async () => {
  tenant = await Tenant.arrive('objects');
});
afterAll(() => tenant.leave());

const FILES = readdirSync(RENDERED).map((name) => [name, `${RENDERED}/${name}`] as const);

test.each([...FILES, ['the kustomize base', BASE] as const])(
  'the API server takes every object of %s as it is, and warns of nothing',
  async (_, path) => {
    const documents = parseAllDocuments(await Bun.file(path).text(), { version: '1.1' })
      .map((document) => document.toJS() as { kind: string } | null)
      .filter((object) => object !== null)
      .filter(({ kind }) => !FOREIGN.has(kind));
    // In another namespace: where the release is installed, the objects would be merged with its own.
    const text = documents
      .map((object) => stringify(object, { version: '1.1' }))
      .join('---\n')
      .replaceAll('namespace: rose-csi\n', `namespace: ${tenant.name}\n`);
    const flags = ['--dry-run=server', '--validate=strict', '--force-conflicts', '--output=name'];
    const taken = (await tenant.tools.apply(text, ...flags)).trim().split('\n');
    expect(taken).toHaveLength(documents.length);
  },
);
