/**
 * What docs/guides/installation.md has a person type, as it stands there, in a cluster that has no driver yet. Two things
 * are another's: the appliance's fingerprint, and that images of a registry are on the node already.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { chmod, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { version } from '../../../../package.json' with { type: 'json' };
import { programs as chartPrograms } from '../../../chart/helm.ts';
import { shellBlocks } from '../../../support/shell-blocks.ts';
import { eventually } from '../../rig/eventually.ts';
import { Appliance } from '../appliance/appliance.ts';
import { VALUES } from '../installation.ts';
import { BUSYBOX } from '../local-images.ts';
import { running } from '../running.ts';

const ROOT = `${import.meta.dir}/../../../..`;
const FINGERPRINT = /SHA256:A{43}/g;
/** Why a block is not run here. */
const NOT_HERE: Readonly<Record<string, string>> = {
  'The image 0': 'there is no registry; `make e2e-cluster` has made the image by the first command',
  'What the cluster needs 0': 'the module of NVMe/TCP: `make e2e-vm` has kernels with it',
};
const MONITORING = { ServiceMonitor: 'servicemonitors', PrometheusRule: 'prometheusrules' };

const blocks = await shellBlocks('docs/guides/installation.md');
const ran = new Set<string>();
let appliance: Appliance;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  const { node, tools } = await running();
  await tools.uninstall('rose-csi');
  await tools.kubectl('delete', 'namespace', 'rose-csi');
  appliance = await Appliance.arrive();
  folder = await mkdtemp(`${tmpdir()}/rose-csi-guide-`);
  await mkdir(`${folder}/bin`);
  for (const name of ['deploy', 'dist']) await symlink(`${ROOT}/${name}`, `${folder}/${name}`);
  await symlink(`${chartPrograms()}/helm`, `${folder}/bin/helm`);
  await symlink(`${node.programs}/kubectl`, `${folder}/bin/kubectl`);
  // On the node: there is no other machine to be root on.
  const [enter, ...namespaces] = node.namespaces.command('"$@"');
  await Bun.write(
    `${folder}/bin/sudo`,
    `#!/bin/sh\nexec ${enter} --wdns=${folder} ${namespaces.join(' ')}\n`,
  );
  await chmod(`${folder}/bin/sudo`, 0o755);
  await Bun.write(`${folder}/rose-csi-key`, appliance.simulator.userKey);
  const ctr = (...args: readonly string[]) => node.namespaces.run('ctr', '-n', 'k8s.io', 'images', ...args);
  await ctr('tag', '--force', `rose-csi:${version}`, `registry.example.org/rose-csi:${version}`);
  // The guide brings it.
  await ctr('remove', `rose-csi:${version}`, `docker.io/library/rose-csi:${version}`);
  await ctr('tag', '--force', BUSYBOX, 'docker.io/library/busybox:1.36');
  env = {
    PATH: `${folder}/bin:${process.env['PATH']}`,
    HOME: folder,
    KUBECONFIG: node.kubeconfig,
  };
}, 300_000);

afterAll(async () => {
  await appliance.leave();
  await rm(folder, { recursive: true });
  const { tools } = await running();
  await tools.helm('install', 'rose-csi', VALUES);
}, 300_000);

async function sh(script: string): Promise<string> {
  const argv = ['bash', '-euo', 'pipefail', '-c', script];
  const child = Bun.spawn(argv, { cwd: folder, env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const [said, complaint, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code !== 0) throw new Error(`${script}\nended with ${code}: ${complaint}${said}`.slice(0, 4000));
  return said;
}

/** Runs what stands below a heading. @param only one of its blocks */
async function follow(below: string, only?: number): Promise<string> {
  let said = '';
  for (const { heading, at, script } of blocks) {
    const name = `${heading} ${at}`;
    if (heading !== below || (only !== undefined && at !== only) || NOT_HERE[name] !== undefined) continue;
    said += await sh(script.replace(FINGERPRINT, appliance.simulator.hostKeyFingerprint));
    ran.add(name);
  }
  return said;
}

async function firstVolumeGoes(): Promise<void> {
  await sh('kubectl delete pod first --grace-period=1 && kubectl delete pvc first');
  await eventually('its volume is gone', async () => {
    const left = await sh('kubectl get pv -o name');
    return left === '' || left;
  });
}

async function standIns(): Promise<string> {
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const definitions = Object.entries(MONITORING).map(([kind, plural]) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.monitoring.coreos.com` },
    spec: {
      group: 'monitoring.coreos.com',
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  }));
  await Bun.write(
    `${folder}/monitoring.json`,
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: definitions }),
  );
  return sh(
    'kubectl apply -f monitoring.json && kubectl wait --for=condition=Established -f monitoring.json',
  );
}

test('by Helm for an appliance: from the image to a first volume, to monitoring, to an upgrade, to its end', async () => {
  await follow('The image');
  await follow('What the cluster needs');
  const doctor = await follow('With an appliance');
  expect(doctor).toContain('deployment "rose-csi-controller" successfully rolled out');
  expect(doctor).not.toMatch(/^(failed|error)/im);
  await follow('A first volume');
  expect(appliance.disks()).toHaveLength(1);
  // Of the operator there is nothing but the names of its objects.
  await standIns();
  await follow('Monitoring');
  expect(await sh('kubectl -n rose-csi get servicemonitors,prometheusrules,configmaps -o name')).toMatch(
    /servicemonitor[\s\S]*prometheusrule[\s\S]*configmap\/rose-csi/,
  );
  await follow('Upgrade and uninstall', 0);
  expect(await sh('kubectl exec first -- cat /data/log')).not.toBe('');
  await firstVolumeGoes();
  await follow('Upgrade and uninstall', 1);
  await sh('kubectl delete -f monitoring.json');
}, 600_000);

test('by Helm without an appliance, to try it out', async () => {
  await follow('Without an appliance, to try it out');
  await follow('A first volume');
  await firstVolumeGoes();
  await follow('Upgrade and uninstall', 1);
}, 600_000);

test('by kustomize', async () => {
  await follow('With kustomize');
  await follow('With an appliance', 1);
  await follow('A first volume');
  expect(appliance.disks()).toHaveLength(1);
  await firstVolumeGoes();
  await sh('kubectl kustomize overlay | kubectl delete -f -');
}, 600_000);

test('no block of the guide is left out, but those that cannot be run here', () => {
  const all = blocks.map(({ heading, at }) => `${heading} ${at}`);
  expect([...ran, ...Object.keys(NOT_HERE)].toSorted()).toEqual(all.toSorted());
});
