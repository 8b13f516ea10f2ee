import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { readCommandLine } from '../../src/commands/options.ts';
import { readSchedule, SNAPSHOT_OPTIONS } from '../../src/commands/snapshots/snapshots.ts';
import { type ParameterTable, parameterFaults } from '../../src/core/services/controller/parameter-table.ts';
import {
  SNAPSHOT_CLASS_PARAMETERS,
  STORAGE_CLASS_PARAMETERS,
  VOLUME_ATTRIBUTES_CLASS_PARAMETERS,
} from '../../src/core/services/controller/parameters.ts';
import { GROUP_SNAPSHOT_CLASS_PARAMETERS } from '../../src/core/services/group-controller/consistency.ts';
import { SETTINGS } from '../../src/settings.ts';

const GUIDES = `${import.meta.dir}/../../docs/guides`;

const manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
  /** Of the classes: each API has a word of its own for the driver. */
  driver: z.string().optional(),
  driverName: z.string().optional(),
  provisioner: z.string().optional(),
  parameters: z.record(z.string(), z.string()).optional(),
});
type Manifest = z.infer<typeof manifest>;

const CLASSES: Readonly<Record<string, ParameterTable>> = Object.fromEntries(
  [
    STORAGE_CLASS_PARAMETERS,
    VOLUME_ATTRIBUTES_CLASS_PARAMETERS,
    SNAPSHOT_CLASS_PARAMETERS,
    GROUP_SNAPSHOT_CLASS_PARAMETERS,
  ].map((table) => [table.owner, table]),
);

/** The documents of every YAML block that are objects of Kubernetes. @throws Error where a block is no YAML */
function manifestsOf(guide: string): Manifest[] {
  const text = readFileSync(`${GUIDES}/${guide}`, 'utf8');
  const blocks = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  const values = blocks.flatMap((block) =>
    parseAllDocuments(block).map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS() as unknown;
    }),
  );
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && 'kind' in value;
  return values.filter(isObject).map((value) => manifest.parse(value));
}

describe.each(readdirSync(GUIDES).filter((name) => name.endsWith('.md')))('docs/guides/%s', (guide) => {
  test('its manifests can be read', () => {
    expect(manifestsOf(guide)).toBeArray();
  });

  test("its classes name the driver and parameters of the driver's own tables", () => {
    for (const { kind, driver, driverName, provisioner, parameters = {} } of manifestsOf(guide)) {
      const table = CLASSES[kind];
      if (!table) continue;
      expect([kind, driver ?? driverName ?? provisioner]).toEqual([kind, SETTINGS.DRIVER_NAME.fallback]);
      const own = Object.entries(parameters).filter(([key]) => !key.startsWith('csi.storage.k8s.io/'));
      expect(parameterFaults(table, Object.fromEntries(own))).toEqual([]);
    }
  });
});

describe('the guides', () => {
  test('show every class and every object that they speak of', () => {
    const all = ['snapshots.md', 'clones.md', 'group-snapshots.md', 'volume-attributes.md'];
    const kinds = new Set(all.flatMap(manifestsOf).map(({ kind }) => kind));
    for (const kind of [
      'VolumeSnapshotClass',
      'VolumeSnapshot',
      'PersistentVolumeClaim',
      'VolumeGroupSnapshotClass',
      'VolumeGroupSnapshot',
      'VolumeAttributesClass',
    ]) {
      expect(kinds).toContain(kind);
    }
  });

  test('the schedule that is shown is one that the command takes, with the rights that it needs', () => {
    const all = manifestsOf('scheduled-snapshots.md');
    const job = all.find(({ kind }) => kind === 'CronJob') as unknown as {
      spec: { jobTemplate: { spec: { template: { spec: { containers: { args: string[] }[] } } } } };
    };
    const [container] = job.spec.jobTemplate.spec.template.spec.containers;
    const [command, ...args] = container?.args ?? [];
    expect(command).toBe('snapshots');
    expect(readSchedule(readCommandLine(args, SNAPSHOT_OPTIONS))).toMatchObject({
      namespace: 'shop',
      keep: 7,
    });
    const role = all.find(({ kind }) => kind === 'Role') as unknown as { rules: object[] };
    expect(role.rules).toEqual([
      { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['list'] },
      {
        apiGroups: ['snapshot.storage.k8s.io'],
        resources: ['volumesnapshots'],
        verbs: ['get', 'list', 'create', 'delete'],
      },
    ]);
  });

  test('what a claim is made from is shown, or a claim that the reader has', () => {
    const all = ['snapshots.md', 'clones.md'].flatMap(manifestsOf);
    const sources = all.flatMap(({ kind, spec }) => {
      const { dataSource } = (spec ?? {}) as { dataSource?: { kind: string; name: string } };
      return kind === 'PersistentVolumeClaim' && dataSource ? [dataSource] : [];
    });
    expect(sources).toHaveLength(2);
    const shown = all.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    for (const { kind, name } of sources) {
      expect([...shown, 'PersistentVolumeClaim data']).toContain(`${kind} ${name}`);
    }
  });
});
