import { parse } from 'yaml';
import { version } from '../../../package.json' with { type: 'json' };
import { builtPrograms, moduleFolder, type Program } from '../rig/programs.ts';
import { localImages } from './local-images.ts';
import type { Node } from './node.ts';
import { Tools } from './tools.ts';

const PROJECT = `${import.meta.dir}/../../..`;
const CRDS = 'github.com/kubernetes-csi/external-snapshotter/client/v8';
const HERE = { x64: 'amd64', arm64: 'arm64' }[process.arch as 'x64' | 'arm64'];

/** What the tests give the chart, beside its own defaults: volumes are files of the node. */
export const VALUES = {
  settings: { RDS_BACKEND: 'mock', MOCK_POOLS: 'default=20GiB' },
  controller: { onNode: true },
  image: { pullPolicy: 'Never' },
};

interface ChartValues {
  readonly sidecars: Readonly<Record<string, { readonly image?: string }>>;
}

/**
 * Brings all that the chart needs into the cluster: the images that its values name, the snapshots' CRDs. Sidecars are
 * built from their modules, at the versions of go.mod; that these are the chart's is checked here.
 */
export async function prepare(node: Node): Promise<void> {
  const values = parse(await Bun.file(`${PROJECT}/deploy/helm/rose-csi/values.yaml`).text()) as ChartValues;
  const sidecars: Record<string, string> = {};
  for (const { image } of Object.values(values.sidecars)) {
    const [, name, tag] = /\/(csi-[a-z]+):(v[0-9.]+)$/.exec(image ?? '') ?? [];
    if (image === undefined || name === undefined) continue;
    const built = await versionOf(name);
    if (built !== tag) throw new Error(`the chart has ${image}, test/cluster/programs/go.mod ${built}`);
    sidecars[name] = image;
  }
  const programs = await builtPrograms(Object.keys(sidecars) as Program[]);
  await node.load([...(await localImages(programs, sidecars)), `${PROJECT}/dist/image-${HERE}.tar`]);
  // As docs/guides/installation.md says.
  const tag = `rose-csi:${version}`;
  await node.namespaces.run('ctr', '-n', 'k8s.io', 'images', 'tag', tag, `docker.io/library/${tag}`);
  const crds = `${await moduleFolder(CRDS)}/config/crd`;
  for (const kind of ['classes', 'contents', 's']) {
    await Tools.of(node).apply(
      await Bun.file(`${crds}/snapshot.storage.k8s.io_volumesnapshot${kind}.yaml`).text(),
    );
  }
}

/** The version of a sidecar's module. */
async function versionOf(program: string): Promise<string> {
  const text = await Bun.file(`${import.meta.dir}/../programs/go.mod`).text();
  const module = program.replace('csi-', 'github.com/kubernetes-csi/external-');
  return new RegExp(`^\\s*${module}/v\\d+ (v[0-9.]+)`, 'm').exec(text)?.[1] ?? 'none';
}
