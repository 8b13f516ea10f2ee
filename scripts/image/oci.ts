import { mkdir, rm } from 'node:fs/promises';
import { type Layer, sha256 } from './layer.ts';

/** What one architecture's image is. */
export interface ImageSpec {
  readonly architecture: string;
  readonly layers: readonly Layer[];
  readonly labels: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  /** `uid:gid`. */
  readonly user: string;
  readonly environment: readonly string[];
  /** Seconds since 1970. */
  readonly epoch: number;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const TYPE = 'application/vnd.oci.image';

/**
 * Writes an OCI image layout with an image for each architecture under one tag (image-layout.md and image-index.md of
 * the OCI image specification 1.1).
 * @returns the digest that the tag stands for
 */
export async function writeLayout(folder: string, tag: string, specs: readonly ImageSpec[]): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(`${folder}/blobs/sha256`, { recursive: true });
  const blob = async (mediaType: string, bytes: Uint8Array | string): Promise<Descriptor> => {
    const digest = sha256(bytes);
    await Bun.write(`${folder}/blobs/${digest.replace(':', '/')}`, bytes);
    return { mediaType, digest, size: Buffer.byteLength(bytes) };
  };
  const json = (kind: string, value: unknown) => blob(`${TYPE}.${kind}.v1+json`, JSON.stringify(value));
  const manifests = [];
  for (const spec of specs) {
    const layers = [];
    for (const layer of spec.layers) layers.push(await blob(`${TYPE}.layer.v1.tar+gzip`, layer.blob));
    const config = await json('config', configOf(spec));
    const manifest = await json('manifest', {
      schemaVersion: 2,
      mediaType: `${TYPE}.manifest.v1+json`,
      config,
      layers,
      annotations: spec.labels,
    });
    manifests.push({ ...manifest, platform: { os: 'linux', architecture: spec.architecture } });
  }
  const index = await json('index', { schemaVersion: 2, mediaType: `${TYPE}.index.v1+json`, manifests });
  const annotations = { 'org.opencontainers.image.ref.name': tag, 'io.containerd.image.name': tag };
  await Bun.write(`${folder}/oci-layout`, JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await Bun.write(
    `${folder}/index.json`,
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${TYPE}.index.v1+json`,
      manifests: [{ ...index, annotations }],
    }),
  );
  return index.digest;
}

const configOf = ({ architecture, layers, labels, entrypoint, user, environment, epoch }: ImageSpec) => ({
  created: new Date(epoch * 1000).toISOString(),
  architecture,
  os: 'linux',
  config: { User: user, Env: environment, Entrypoint: entrypoint, WorkingDir: '/', Labels: labels },
  rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  history: layers.map(() => ({ created: new Date(epoch * 1000).toISOString(), created_by: 'make image' })),
});
