import { readdir } from 'node:fs/promises';
import type { Deb } from './debs.ts';
import { sha256 } from './layer.ts';

/** A package of npm that is compiled into the driver. */
export interface Module {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

interface Manifest {
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** What the driver depends on, and what that does, as installed. @throws Error where something is not installed */
export async function modulesOf(project: string): Promise<Module[]> {
  const found = new Map<string, Module>();
  const visit = async (name: string, from: string): Promise<void> => {
    const folder = await find(name, from, project);
    if (!folder) return;
    const manifest: Manifest = await Bun.file(`${folder}/package.json`).json();
    const key = `${name}@${manifest.version}`;
    if (found.has(key)) return;
    found.set(key, { name, version: manifest.version, license: manifest.license ?? 'NOASSERTION' });
    for (const dependency of Object.keys(manifest.dependencies ?? {})) await visit(dependency, folder);
  };
  const { dependencies = {} }: Manifest = await Bun.file(`${project}/package.json`).json();
  for (const name of Object.keys(dependencies)) {
    await visit(name, project);
  }
  return Array.from(found.values()).sort((a, b) =>
    `${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1,
  );
}

/** Where a package is installed, as seen from another: the nearest `node_modules` upwards. */
async function find(name: string, from: string, project: string): Promise<string | undefined> {
  for (let at = from; at.startsWith(project); at = at.slice(0, at.lastIndexOf('/'))) {
    const folder = `${at}/node_modules/${name}`;
    if (await readdir(folder).catch(() => undefined)) return folder;
  }
  throw new Error(`${name} is not installed: run bun install first`);
}

/** The bill of materials of one image (CycloneDX 1.6, JSON). */
export function billOfMaterials(of: {
  readonly version: string;
  readonly architecture: string;
  readonly epoch: number;
  readonly bun: string;
  readonly debs: readonly Deb[];
  readonly modules: readonly Module[];
}): string {
  const image = `pkg:oci/rose-csi@${of.version}?arch=${of.architecture}`;
  const components = [
    {
      type: 'application',
      name: 'bun',
      version: of.bun,
      purl: `pkg:npm/bun@${of.bun}`,
      licenses: licence('MIT'),
    },
    ...of.modules.map(({ name, version, license }) => ({
      type: 'library',
      name,
      version,
      purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
      licenses: licence(license),
    })),
    ...of.debs.map(({ name, version, architecture }) => ({
      type: 'library',
      name,
      version,
      purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`,
    })),
  ].map((component) => ({ ...component, 'bom-ref': component.purl }));
  const [, ...hash] = sha256(JSON.stringify([image, components])).split(':');
  return `${JSON.stringify(
    {
      $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      serialNumber: `urn:uuid:${uuid(hash.join(''))}`,
      version: 1,
      metadata: {
        timestamp: new Date(of.epoch * 1000).toISOString(),
        component: {
          type: 'container',
          name: 'rose-csi',
          version: of.version,
          purl: image,
          'bom-ref': image,
        },
      },
      components,
      dependencies: [{ ref: image, dependsOn: components.map((component) => component.purl) }],
    },
    undefined,
    2,
  )}\n`;
}

const licence = (name: string) => [/[ ()]/.test(name) ? { expression: name } : { license: { id: name } }];

/** A UUID of version 5's form, from a hash: the same contents have the same number. */
const uuid = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
