import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';

interface Descriptor {
  readonly digest: string;
  readonly platform?: { readonly architecture: string };
}

export interface ImageConfig {
  readonly created: string;
  readonly config: {
    readonly User: string;
    readonly Entrypoint: readonly string[];
    readonly Env: readonly string[];
  };
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

/** An image of an OCI layout, unpacked as a container runtime does it: every digest on the way is checked. */
export class UnpackedImage {
  private constructor(
    readonly root: string,
    readonly shared: string,
    readonly config: ImageConfig,
  ) {}

  static async open(layout: string, architecture: string): Promise<UnpackedImage> {
    const read = async (digest: string): Promise<Uint8Array> => {
      const bytes = new Uint8Array(
        await Bun.file(`${layout}/blobs/${digest.replace(':', '/')}`).arrayBuffer(),
      );
      const seen = `sha256:${new Bun.CryptoHasher('sha256').update(bytes).digest('hex')}`;
      if (seen !== digest) throw new Error(`the blob ${digest} is ${seen}`);
      return bytes;
    };
    const json = async (digest: string) => JSON.parse(new TextDecoder().decode(await read(digest)));
    const { manifests: tags }: { manifests: [Descriptor] } = await Bun.file(`${layout}/index.json`).json();
    const { manifests }: { manifests: Descriptor[] } = await json(tags[0].digest);
    const found = manifests.find(({ platform }) => platform?.architecture === architecture);
    if (!found) throw new Error(`no image for ${architecture} in ${layout}`);
    const { config, layers }: { config: Descriptor; layers: Descriptor[] } = await json(found.digest);
    const folder = await mkdtemp(`${tmpdir()}/rose-csi-image-`);
    for (const { digest } of layers) {
      const child = Bun.spawnSync(['tar', '-xz', '-C', folder], { stdin: await read(digest) });
      if (child.exitCode !== 0) throw new Error(child.stderr.toString());
    }
    return new UnpackedImage(
      folder,
      await mkdtemp(`${tmpdir()}/rose-csi-shared-`),
      await json(config.digest),
    );
  }

  /** A command line that runs a program in the image. @param user a uid; by default the image's own */
  command(argv: readonly string[], user = this.config.config.User.split(':')[0] ?? ''): string[] {
    return [`${import.meta.dir}/in-image.sh`, this.root, user, this.shared, ...argv];
  }

  run(argv: readonly string[], user?: string): { exitCode: number; output: string } {
    const { exitCode, stdout, stderr } = Bun.spawnSync(this.command(argv, user), {
      env: { PATH: '/usr/sbin:/usr/bin' },
    });
    return { exitCode, output: stdout.toString() + stderr.toString() };
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true });
    await rm(this.shared, { recursive: true });
  }
}
