/** Run by `make chart`: several appliances, as the driver reads what the chart mounts for it. */
import { describe, expect, test } from 'bun:test';
import { loadConfig } from '../../src/load-config.ts';
import { type Container, containers, type KubeObject, template, templateText } from './helm.ts';

const hostKey = `SHA256:${'A'.repeat(43)}`;
const FILE = '/etc/rose-csi/appliances/appliances.yaml';
const attic = { name: 'attic', address: '192.0.2.11', hostKey, port: 2222, privateKey: 'ATTICS-KEY' };
const cellar = {
  name: 'cellar',
  address: '192.0.2.12',
  hostKey,
  nvmeAddress: ['198.51.100.1', '198.51.100.2'],
};
const settings = { RDS_USER: 'rose-csi' };
const credentials = { existingSecret: 'rds' };
const list = { settings, credentials, appliances: { list: [attic, cellar] } };
const existing = { settings, appliances: { existingSecret: 'mine' } };

const driver = (objects: readonly KubeObject[], kind: 'Deployment' | 'DaemonSet'): Container => {
  const found = containers(objects, kind).find(({ name }) => name === 'driver');
  if (!found) throw new Error(`${kind} has no driver`);
  return found;
};
const environment = ({ env = [] }: Container): Record<string, string> => ({
  NODE_NAME: 'host',
  ...Object.fromEntries(env.map(({ name, value }) => [name, value ?? 'from-the-pod'])),
});
const fileOf = (objects: readonly KubeObject[], kind: 'Secret' | 'ConfigMap'): Record<string, string> => {
  const found = objects.find(
    (object) => object.kind === kind && object.metadata.name === 'rose-csi-appliances',
  );
  return (found?.['stringData'] ?? found?.['data'] ?? {}) as Record<string, string>;
};
/** What the driver makes of its environment and of the files that are mounted. */
const read = (objects: readonly KubeObject[], kind: 'Deployment' | 'DaemonSet', file: string) =>
  loadConfig(environment(driver(objects, kind)), [], (path) => {
    if (path !== FILE) throw new Error(`${path} is not mounted`);
    return file;
  }).appliances;
const volume = (objects: readonly KubeObject[], kind: 'Deployment' | 'DaemonSet') => {
  const workload = objects.find((object) => object.kind === kind)?.['spec'] as {
    template: { spec: { volumes: { name: string; [source: string]: unknown }[] } };
  };
  return workload.template.spec.volumes.find(({ name }) => name === 'appliances');
};

describe('several appliances', () => {
  test('reach the controller with a key of their own or with the common one', () => {
    const objects = template(list);
    const secret = fileOf(objects, 'Secret');
    expect(read(objects, 'Deployment', secret['appliances.yaml'] ?? '')).toMatchObject([
      {
        RDS_NAME: 'attic',
        RDS_ADDRESS: '192.0.2.11',
        RDS_PORT: 2222,
        RDS_USER: 'rose-csi',
        RDS_PRIVATE_KEY_FILE: '/etc/rose-csi/appliances/attic.privateKey',
      },
      {
        RDS_NAME: 'cellar',
        RDS_NVME_ADDRESS: ['198.51.100.1', '198.51.100.2'],
        RDS_PRIVATE_KEY_FILE: '/etc/rose-csi/credentials/privateKey',
      },
    ]);
    expect(secret['attic.privateKey']).toBe('ATTICS-KEY');
    expect(volume(objects, 'Deployment')).toMatchObject({ secret: { secretName: 'rose-csi-appliances' } });
  });

  test('reach the nodes by name and address, without anything secret', () => {
    const objects = template(list);
    const file = fileOf(objects, 'ConfigMap')['appliances.yaml'] ?? '';
    expect(read(objects, 'DaemonSet', file).map(({ RDS_NAME }) => RDS_NAME)).toEqual(['attic', 'cellar']);
    expect(file).not.toContain('SHA256');
    expect(file).not.toContain('rivateKey');
    expect(volume(objects, 'DaemonSet')).toEqual({
      name: 'appliances',
      configMap: { name: 'rose-csi-appliances' },
    });
  });

  test('of an existing secret are mounted whole for the controller, and without keys for the nodes', () => {
    const objects = template(existing);
    expect(fileOf(objects, 'Secret')).toEqual({});
    expect(environment(driver(objects, 'Deployment'))['RDS_CONFIG']).toBe(FILE);
    expect(environment(driver(objects, 'DaemonSet'))['RDS_CONFIG']).toBe(FILE);
    expect(volume(objects, 'Deployment')).toEqual({
      name: 'appliances',
      secret: { secretName: 'mine', defaultMode: 0o440 },
    });
    expect(volume(objects, 'DaemonSet')).toMatchObject({
      secret: { secretName: 'mine', items: [{ key: 'appliances.yaml', path: 'appliances.yaml' }] },
    });
  });

  test('restart the pods when the list changes, and nodes only when it is theirs', () => {
    const notes = (values: unknown) => {
      const objects = template(values);
      return (['Deployment', 'DaemonSet'] as const).map((kind) => {
        const workload = objects.find((object) => object.kind === kind)?.['spec'] as {
          template: { metadata: { annotations: Record<string, string> } };
        };
        return workload.template.metadata.annotations['rose-csi.io/appliances'];
      });
    };
    const [controller, node] = notes(list);
    const [other, same] = notes({ ...list, appliances: { list: [{ ...attic, privateKey: 'NEW' }, cellar] } });
    expect(other).not.toBe(controller);
    expect(same).toBe(node);
  });

  test('without credentials of their own or common ones are refused by name', () => {
    expect(() => template({ ...list, credentials: {} })).toThrow(/cellar has no credentials/);
  });

  test('given twice, misspelt or with files that the chart mounts are refused', () => {
    expect(() => template({ ...list, appliances: { ...list.appliances, ...existing.appliances } })).toThrow(
      /not both/,
    );
    for (const wrong of [{ adress: 'x' }, { privateKeyFile: '/keys/attic' }]) {
      const [key = ''] = Object.keys(wrong);
      expect(() => template({ ...list, appliances: { list: [{ ...attic, ...wrong }] } })).toThrow(key);
    }
    expect(() => template({ ...list, settings: { ...settings, RDS_CONFIG: '/x' } })).toThrow(/RDS_CONFIG/);
  });

  test('may be mocks on each node', () => {
    const objects = template({
      settings: { RDS_BACKEND: 'mock' },
      controller: { onNode: true },
      appliances: { list: [{ name: 'left' }, { name: 'right', mockPools: 'default=2GiB' }] },
    });
    const file = fileOf(objects, 'Secret')['appliances.yaml'] ?? '';
    expect(read(objects, 'DaemonSet', file).map(({ RDS_NAME }) => RDS_NAME)).toEqual(['left', 'right']);
  });
});

describe('a node that looks which appliances it reaches', () => {
  test('is told where a single one is', () => {
    const given = environment(
      driver(
        template({
          settings: {
            ...settings,
            RDS_ADDRESS: '192.0.2.10',
            RDS_NVME_PORTS: 'shared:4420',
            RDS_HOST_KEY: hostKey,
          },
          credentials,
          node: { settings: { NODE_APPLIANCES: 'probe' } },
        }),
        'DaemonSet',
      ),
    );
    expect(given).toMatchObject({ RDS_ADDRESS: '192.0.2.10', RDS_NVME_PORTS: 'shared:4420' });
    expect(Object.keys(given)).not.toContain('RDS_HOST_KEY');
  });
});

describe('a word that YAML takes for a truth value', () => {
  const values = (setting: string): string =>
    `settings: { RDS_ADDRESS: 192.0.2.10, RDS_USER: x, ${setting} }\ncredentials: { existingSecret: rds }\n`;

  for (const [name, bare] of [
    ['ORPHANS', 'ORPHANS: off'],
    ['HTTP_ADDRESS', 'HTTP_ADDRESS: off'],
  ] as const) {
    test(`is refused by name in ${bare}, and taken in quotes`, () => {
      expect(() => templateText(values(bare))).toThrow(name);
      const given = environment(driver(templateText(values(`${name}: "off"`)), 'Deployment'));
      expect(given[name]).toBe('off');
    });
  }
});
