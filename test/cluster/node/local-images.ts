import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { run } from '../../vm/rig/run-program.ts';

export const BUSYBOX = 'rose-csi.test/busybox:1';
export const PAUSE = 'rose-csi.test/pause:1';
const SHELL = '/bin/busybox';

/** What a container of an image runs, unless a pod says something else. */
interface Start {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
}

interface LocalImage {
  readonly tags: Readonly<Record<string, Start>>;
  /** Lays the files of the image's only layer. */
  readonly lay: (root: string) => Promise<void>;
}

/** A shell for tests, and what keeps a pod's namespaces: both are busybox, which is one static program. */
const shell: LocalImage = {
  tags: { [BUSYBOX]: { Cmd: ['/bin/sh'] }, [PAUSE]: { Entrypoint: ['/bin/sleep', 'infinity'] } },
  lay: async (root) => {
    for (const folder of ['bin', 'etc', 'tmp', 'var', 'root']) await mkdir(`${root}/${folder}`);
    await chmod(`${root}/tmp`, 0o1777);
    await copyFile(SHELL, `${root}/bin/busybox`);
    const names = (await run(SHELL, '--list')).trim().split('\n');
    for (const name of names.filter((one) => one !== 'busybox'))
      await symlink('busybox', `${root}/bin/${name}`);
    await Bun.write(`${root}/etc/passwd`, 'root:x:0:0:root:/root:/bin/sh\n');
    await Bun.write(`${root}/etc/group`, 'root:x:0:\n');
  },
};

const sidecar = (name: string, tag: string, programs: string): LocalImage => ({
  tags: { [tag]: { Entrypoint: [`/${name}`] } },
  lay: async (root) => {
    await copyFile(`${programs}/${name}`, `${root}/${name}`);
    await chmod(`${root}/${name}`, 0o755);
  },
});

/**
 * Makes archives, as `docker save` does, of what pods run beside the driver. They are kept beside the programs, whose
 * versions name that folder.
 * @param sidecars which of the programs goes by which image's name
 * @returns their paths
 */
export async function localImages(
  programs: string,
  sidecars: Readonly<Record<string, string>>,
): Promise<string[]> {
  const images = Object.entries(sidecars).map(([name, tag]) => sidecar(name, tag, programs));
  const paths: string[] = [];
  for (const image of [shell, ...images]) {
    const name = Object.keys(image.tags).join('+').replaceAll('/', '_');
    const path = `${programs}/${name}.tar`;
    if (!existsSync(path)) await pack(image, path);
    paths.push(path);
  }
  return paths;
}

async function pack({ tags, lay }: LocalImage, path: string): Promise<void> {
  const work = await mkdtemp(`${tmpdir()}/rose-csi-image-`);
  try {
    await mkdir(`${work}/root`);
    await lay(`${work}/root`);
    await run(
      'tar',
      '-C',
      `${work}/root`,
      '--sort=name',
      '--owner=0',
      '--group=0',
      '-cf',
      `${work}/layer.tar`,
      '.',
    );
    const bytes = await Bun.file(`${work}/layer.tar`).arrayBuffer();
    const diffId = `sha256:${createHash('sha256').update(new Uint8Array(bytes)).digest('hex')}`;
    const manifest = Object.entries(tags).map(([tag], at) => ({
      Config: `${at}.json`,
      RepoTags: [tag],
      Layers: ['layer.tar'],
    }));
    for (const [at, start] of Object.values(tags).entries()) {
      await Bun.write(`${work}/${at}.json`, JSON.stringify(configOf(start, diffId)));
    }
    await Bun.write(`${work}/manifest.json`, JSON.stringify(manifest));
    await rm(`${work}/root`, { recursive: true });
    await run('tar', '-C', work, '-cf', `${path}.new`, '.');
    await rename(`${path}.new`, path);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const configOf = (start: Start, diffId: string) => ({
  architecture: { x64: 'amd64', arm64: 'arm64' }[process.arch as 'x64' | 'arm64'],
  os: 'linux',
  config: { Env: ['PATH=/bin'], WorkingDir: '/', ...start },
  rootfs: { type: 'layers', diff_ids: [diffId] },
});
