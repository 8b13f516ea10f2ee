/**
 * Run by `make chart`: what docs/guides/installation.md has a person type. Each block runs in a folder of its own with real
 * helm and kustomize, in which `helm install` and `upgrade` only render, and `kubectl` keeps what it is given: what a
 * cluster makes of it `make e2e-cluster` asks.
 */
import { describe, expect, test } from 'bun:test';
import { chmod, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { shellBlocks } from '../support/shell-blocks.ts';
import { containers, fieldOf, type KubeObject, programs } from './helm.ts';

const ROOT = join(import.meta.dir, '../..');
const guide = await shellBlocks('docs/guides/installation.md');

/** The shell blocks below a heading. */
const blocks = (below: string): readonly string[] =>
  guide.filter(({ heading }) => heading === below).map(({ script }) => script);

const HELM = `#!/bin/sh
verb=$1; shift
case $verb in
  install|upgrade) ;;
  *) exit 64 ;;
esac
for word; do
  shift
  case $word in --reuse-values) set -- "$@" --values=before.yaml ;; *) set -- "$@" "$word" ;; esac
done
exec "$HELM" template "$@" >> made.yaml
`;
const KUBECTL = `#!/bin/sh
case "$*" in
  "kustomize "*) exec "$KUSTOMIZE" build "$2" ;;
  "apply -f -") exec cat >> made.yaml ;;
  *"create secret"*) grep -q . rose-csi-key ;;
  *) exit 64 ;;
esac
`;

async function write(path: string, text: string): Promise<void> {
  await Bun.write(path, text);
  await chmod(path, 0o755);
}

/** The objects that blocks of the guide would give a cluster. @throws Error where a command fails */
async function objectsOf(script: string): Promise<KubeObject[]> {
  const folder = await mkdtemp(join(tmpdir(), 'installation-'));
  try {
    await mkdir(`${folder}/bin`);
    await symlink(`${ROOT}/deploy`, `${folder}/deploy`);
    await write(`${folder}/bin/helm`, HELM);
    await write(`${folder}/bin/kubectl`, KUBECTL);
    await Bun.write(`${folder}/rose-csi-key`, 'not a key\n');
    await Bun.write(`${folder}/before.yaml`, await Bun.file(`${ROOT}/test/chart/values/minimal.yaml`).text());
    const made = programs();
    const { stderr, exitCode } = Bun.spawnSync(['bash', '-euo', 'pipefail', '-c', script], {
      cwd: folder,
      env: {
        PATH: `${folder}/bin:/usr/bin:/bin`,
        HOME: folder,
        HELM: `${made}/helm`,
        KUSTOMIZE: `${made}/kustomize`,
      },
    });
    if (exitCode !== 0) throw new Error(`${script}\nended with ${exitCode}: ${stderr}`);
    return parseAllDocuments(await Bun.file(`${folder}/made.yaml`).text(), { version: '1.1' })
      .map((document) => document.toJS())
      .filter((object) => object !== null);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const driverOf = (objects: readonly KubeObject[], kind: 'Deployment' | 'DaemonSet') =>
  containers(objects, kind).find(({ name }) => name === 'driver');

describe('the guide to installation', () => {
  test('installs the driver for an appliance, and upgrades it to the same', async () => {
    const [install = ''] = blocks('With an appliance');
    const installed = await objectsOf(install);
    expect(driverOf(installed, 'Deployment')?.env).toContainEqual({
      name: 'RDS_ADDRESS',
      value: '192.0.2.10',
    });
    const image = containers(installed, 'DaemonSet')[0] as { image?: string } | undefined;
    expect(image?.image).toBe('registry.example.org/rose-csi:0.1.0');
    const [upgrade = ''] = blocks('Upgrade and uninstall');
    expect(await objectsOf(`${install}\nrm made.yaml\n${upgrade}`)).toEqual(installed);
  });

  test('waits for the objects that there are', async () => {
    const [install = '', check = ''] = blocks('With an appliance');
    const objects = await objectsOf(install);
    const named = [...check.matchAll(/(deployment|daemonset)\/(\S+)/g)].map(([, kind = '', name = '']) => [
      kind,
      name,
    ]);
    expect(named.length).toBe(2);
    const there = objects.map(({ kind, metadata }) => [kind.toLowerCase(), metadata.name]);
    for (const one of named) expect(there).toContainEqual(one);
  });

  test('installs the mock on a node, without objects whose CRDs may be missing', async () => {
    const objects = await objectsOf(blocks('Without an appliance, to try it out').join('\n'));
    expect(driverOf(objects, 'DaemonSet')?.env).toContainEqual({ name: 'CSI_MODE', value: 'all' });
    expect(objects.filter(({ apiVersion }) => apiVersion.startsWith('snapshot.'))).toEqual([]);
  });

  test('asks with its first volume for a class that the chart has', async () => {
    const first = await objectsOf((blocks('A first volume')[0] ?? '').replace(/^kubectl wait.*$/m, ''));
    const { storageClassName } = fieldOf<{ storageClassName: string }>(
      first,
      'PersistentVolumeClaim',
      'spec',
    );
    const installed = await objectsOf(blocks('With an appliance')[0] ?? '');
    const classes = installed
      .filter(({ kind }) => kind === 'StorageClass')
      .map(({ metadata }) => metadata.name);
    expect(classes).toContain(storageClassName);
  });

  test('has an overlay that brings the appliance, the key and the image, and no name that nothing refers to', async () => {
    const objects = await objectsOf(blocks('With kustomize').join('\n'));
    const env = driverOf(objects, 'Deployment')?.env ?? [];
    expect(env.filter(({ name }) => name === 'RDS_ADDRESS')).toEqual([
      { name: 'RDS_ADDRESS', value: '192.0.2.10' },
    ]);
    expect(env.map(({ name }) => name)).toContain('RDS_HOST_KEY');
    const secrets = objects.filter(({ kind }) => kind === 'Secret').map(({ metadata }) => metadata.name);
    expect(secrets).toEqual(['rose-csi-credentials']);
    expect(JSON.stringify(objects)).toContain('"secretName":"rose-csi-credentials"');
    expect(JSON.stringify(objects)).toContain('registry.example.org/rose-csi:0.1.0');
  });

  test('turns monitoring on by values that there are', async () => {
    const objects = await objectsOf(blocks('Monitoring').join('\n'));
    const kinds = objects.map(({ kind }) => kind);
    for (const kind of ['ServiceMonitor', 'PrometheusRule', 'ConfigMap']) expect(kinds).toContain(kind);
  });
});
