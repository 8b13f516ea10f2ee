/**
 * `bun scripts/image.ts [ARCHITECTURE…]`: the container image, without a container engine: `dist/image/` is an OCI image
 * layout with one image an architecture, `dist/image-<architecture>.tar` an archive of each for `ctr images import`, and
 * `dist/sbom-<architecture>.cdx.json` what it is made of. By default it is made for this machine's architecture.
 *
 * SOURCE_DATE_EPOCH is the time of all files; by default the last commit's.
 */
import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import { version } from '../package.json' with { type: 'json' };
import { type Architecture, architecture } from './image/architecture.ts';
import { command } from './image/command.ts';
import { PACKAGES, USER } from './image/contents.ts';
import { type Deb, fetchDebs } from './image/debs.ts';
import { type Layer, pack } from './image/layer.ts';
import { type ImageSpec, writeLayout } from './image/oci.ts';
import { layRoot } from './image/root.ts';
import { fetchRuntime } from './image/runtime.ts';
import { billOfMaterials, modulesOf } from './image/sbom.ts';

// Whoever builds, files get the same modes.
process.umask(0o022);

const PROJECT = `${import.meta.dir}/..`;
const OUT = `${PROJECT}/dist`;
const TAG = `rose-csi:${version}`;
const epoch = Number(
  process.env['SOURCE_DATE_EPOCH'] ?? command(['git', '-C', PROJECT, 'log', '-1', '--format=%ct']),
);
const MiB = 1024 * 1024;

interface Made {
  readonly spec: ImageSpec;
  readonly architecture: Architecture;
}

async function make(target: Architecture): Promise<Made> {
  const work = `${PROJECT}/.cache/image/${target.name}`;
  await mkdir(work, { recursive: true });
  const driver = `${work}/rose-csi`;
  command(['scripts/compile.sh', driver, await fetchRuntime(target.runtime, Bun.version, work)], {
    cwd: PROJECT,
  });
  const debs = await fetchDebs(PACKAGES, target.name, `${work}/apt`);
  await rm(`${work}/root`, { recursive: true, force: true });
  const used = await layRoot(debs, driver, `${work}/root`);
  const bill = billOfMaterials({
    version,
    architecture: target.name,
    epoch,
    bun: Bun.version,
    debs: used,
    modules: await modulesOf(PROJECT),
  });
  await Bun.write(`${OUT}/sbom-${target.name}.cdx.json`, bill);
  const layers = [
    await pack(`${work}/root`, epoch, `${work}/root.tar`),
    await pack(await driverFolder(driver, bill, work), epoch, `${work}/driver.tar`),
  ];
  report(target.name, used, layers);
  return { architecture: target, spec: specOf(target, layers) };
}

/** A layer of its own: a new version of the driver leaves the rest where it is. */
async function driverFolder(driver: string, bill: string, work: string): Promise<string> {
  const folder = `${work}/driver`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(`${folder}/usr/bin`, { recursive: true });
  await copyFile(driver, `${folder}/usr/bin/rose-csi`);
  await chmod(`${folder}/usr/bin/rose-csi`, 0o755);
  const doc = `${folder}/usr/share/doc/rose-csi`;
  await mkdir(doc, { recursive: true });
  await copyFile(`${PROJECT}/LICENSE`, `${doc}/copyright`);
  await Bun.write(`${doc}/sbom.cdx.json`, bill);
  return folder;
}

const specOf = ({ name }: Architecture, layers: readonly Layer[]): ImageSpec => ({
  architecture: name,
  layers,
  epoch,
  entrypoint: ['/usr/bin/rose-csi'],
  // The node plugin's pod asks for root; whoever does not, does not get it.
  user: `${USER.id}:${USER.id}`,
  environment: ['PATH=/usr/sbin:/usr/bin'],
  labels: {
    'org.opencontainers.image.title': 'rose-csi',
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.licenses': 'Apache-2.0',
    'org.opencontainers.image.description': 'CSI driver for MikroTik ROSE Data Servers',
  },
});

function report(name: string, used: readonly Deb[], layers: readonly Layer[]): void {
  const sizes = layers.map(({ blob }) => (blob.length / MiB).toFixed(1));
  const whole = layers.reduce((sum, { blob }) => sum + blob.length, 0) / MiB;
  process.stdout.write(
    `image ${name}: ${whole.toFixed(1)} MiB compressed (tools ${sizes[0]}, driver ${sizes[1]}), of ${used.length} packages\n`,
  );
}

const HERE = { x64: 'amd64', arm64: 'arm64' }[process.arch as 'x64' | 'arm64'];
const asked = process.argv.slice(2);
await mkdir(OUT, { recursive: true });
const made: Made[] = [];
for (const name of asked.length > 0 ? asked : [HERE]) made.push(await make(architecture(name)));
const digest = await writeLayout(
  `${OUT}/image`,
  TAG,
  made.map(({ spec }) => spec),
);
for (const { architecture: target, spec } of made) {
  const folder = `${PROJECT}/.cache/image/${target.name}/layout`;
  await writeLayout(folder, TAG, [spec]);
  command([
    'tar',
    '--create',
    `--file=${OUT}/image-${target.name}.tar`,
    '--sort=name',
    `--mtime=@${epoch}`,
    `--directory=${folder}`,
    '.',
  ]);
}
process.stdout.write(`${TAG} ${digest} in dist/image\n`);
