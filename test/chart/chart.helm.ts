/** Run by `make chart`: what Helm makes of values, and what it refuses. */
import { describe, expect, test } from 'bun:test';
import { CHART_SETS } from '../../scripts/chart/setting-schemas.ts';
import { readConfig } from '../../src/config.ts';
import { SETTINGS } from '../../src/settings.ts';
import { type Container, containers, template } from './helm.ts';

const credentials = { existingSecret: 'rds' };
const appliance = {
  RDS_ADDRESS: '192.0.2.10',
  RDS_USER: 'rose-csi',
  RDS_HOST_KEY: `SHA256:${'A'.repeat(43)}`,
};
const values = { settings: appliance, credentials };

const driver = (found: readonly Container[]): Container => {
  const container = found.find(({ name }) => name === 'driver');
  if (!container) throw new Error('there is no driver');
  return container;
};
/** As the process will see it; what comes from the pod's own fields is made up, and a host has a name. */
const environment = ({ env = [] }: Container): Record<string, string> => ({
  NODE_NAME: 'host',
  ...Object.fromEntries(env.map(({ name, value }) => [name, value ?? 'from-the-pod'])),
});
const sets = (container: Container, name: string): readonly string[] =>
  (container.env ?? []).filter((one) => one.name === name).map(({ value }) => value ?? '');

describe('the settings of the driver', () => {
  test('that the chart gives are known to it, and allowed', () => {
    const objects = template(values);
    for (const kind of ['Deployment', 'DaemonSet'] as const) {
      const given = environment(driver(containers(objects, kind)));
      const unknown = Object.keys(given).filter((name) => !(name in SETTINGS) && name !== 'BUN_JSC_useJIT');
      expect(unknown).toEqual([]);
      expect(readConfig(given, [])).toMatchObject({ DRIVER_NAME: 'rose-csi.io', RDS_BACKEND: 'routeros' });
    }
  });

  test('can all be given by values, each once, as text', () => {
    const texts = Object.entries(SETTINGS)
      .filter(([name]) => !CHART_SETS.includes(name as never))
      .map(([name, { fallback }]) => [name, fallback]);
    const settings = { ...Object.fromEntries(texts), ...appliance, RDS_BACKEND: 'routeros' };
    const controller = driver(containers(template({ settings, credentials }), 'Deployment'));
    for (const [name = ''] of texts)
      expect({ name, given: sets(controller, name).length }).toEqual({ name, given: 1 });
    for (const name of ['CSI_MODE', 'CSI_ENDPOINT', 'KUBERNETES', 'RDS_PRIVATE_KEY_FILE']) {
      expect({ name, given: sets(controller, name).length }).toEqual({ name, given: 1 });
    }
  });

  test('may be numbers, truth values and lists in YAML', () => {
    const settings = {
      ...appliance,
      RDS_PORT: 2222,
      RDS_OVERCOMMIT: 1.5,
      LEADER_ELECTION: true,
      RDS_POOL: ['a', 'b'],
    };
    const given = environment(driver(containers(template({ settings, credentials }), 'Deployment')));
    expect(given).toMatchObject({
      RDS_PORT: '2222',
      RDS_OVERCOMMIT: '1.5',
      LEADER_ELECTION: 'true',
      RDS_POOL: 'a,b',
    });
    expect(readConfig(given, [])).toMatchObject({
      RDS_PORT: 2222,
      RDS_OVERCOMMIT: 1.5,
      RDS_POOL: ['a', 'b'],
    });
  });

  test('of one process win over the common ones, and stay with it', () => {
    const objects = template({
      settings: { ...appliance, LOG_LEVEL: 'info' },
      credentials,
      node: { settings: { LOG_LEVEL: 'debug' } },
    });
    expect(sets(driver(containers(objects, 'DaemonSet')), 'LOG_LEVEL')).toEqual(['debug']);
    expect(sets(driver(containers(objects, 'Deployment')), 'LOG_LEVEL')).toEqual(['info']);
  });

  test('that concern the appliance do not reach the nodes', () => {
    const given = environment(driver(containers(template(values), 'DaemonSet')));
    const reached = Object.keys(given).filter((name) => name.startsWith('RDS_'));
    expect(reached).toEqual(['RDS_BACKEND']);
  });

  for (const [what, wrong, message] of [
    ['is unknown', { RDS_ADRESS: 'x' }, /RDS_ADRESS/],
    ['is not allowed', { LOG_LEVEL: 'loud' }, /LOG_LEVEL/],
    ['belongs to the chart', { CSI_ENDPOINT: '/x' }, /CSI_ENDPOINT/],
  ] as const) {
    test(`one that ${what} is refused by name`, () => {
      expect(() => template({ settings: { ...appliance, ...wrong }, credentials })).toThrow(message);
    });
  }
});

describe('values', () => {
  test('that are misspelt are refused, not ignored', () => {
    expect(() => template({ ...values, controller: { replica: 1 } })).toThrow(/replica/);
    expect(() => template({ ...values, storageClasses: [{ name: 'x', bindingMode: 'Immediate' }] })).toThrow(
      /bindingMode/,
    );
  });

  test('without credentials are refused with the remedy', () => {
    expect(() => template({ settings: appliance })).toThrow(/credentials.existingSecret/);
  });

  test('with credentials twice are refused', () => {
    expect(() => template({ ...values, credentials: { existingSecret: 'rds', password: 'x' } })).toThrow(
      /not both/,
    );
  });

  test('with a mock that several nodes would share are refused with the remedy', () => {
    expect(() => template({ settings: { RDS_BACKEND: 'mock' } })).toThrow(/controller.onNode=true/);
    expect(() => template({ ...values, controller: { onNode: true } })).toThrow(/one controller/);
  });
});

describe('the controller', () => {
  const found = containers(template(values), 'Deployment');

  test('and its sidecars have no rights of the host', () => {
    for (const { securityContext } of found) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  test('has sidecars that elect, wait long enough and ask for no more than the appliance does at once', () => {
    const sidecars = found.filter(({ name }) => name !== 'driver');
    expect(sidecars.map(({ name }) => name)).toEqual([
      'csi-provisioner',
      'csi-attacher',
      'csi-resizer',
      'csi-snapshotter',
    ]);
    for (const { args = [] } of sidecars) {
      expect(args).toContain('--leader-election');
      const [timeout, workers] = [/--timeout=(\d+)s/, /workers|worker-threads/].map((pattern) =>
        args.find((arg) => pattern.test(arg)),
      );
      expect(Number(/(\d+)s/.exec(timeout ?? '')?.[1])).toBeGreaterThanOrEqual(60);
      expect(Number(/(\d+)$/.exec(workers ?? '')?.[1])).toBeLessThanOrEqual(10);
    }
  });

  test('reads the key from the secret, which no environment holds', () => {
    const text = JSON.stringify(
      template({ ...values, credentials: { privateKey: 'SECRET' } }).filter(({ kind }) => kind !== 'Secret'),
    );
    expect(text).not.toContain('SECRET');
    expect(environment(driver(found))).toMatchObject({
      RDS_PRIVATE_KEY_FILE: '/etc/rose-csi/credentials/privateKey',
    });
  });
});

describe('the node plugin', () => {
  test('is one container, without the compiler, known to kubelet by the path that kubelet sees', () => {
    const found = containers(template({ ...values, kubeletDir: '/var/lib/k0s/kubelet/' }), 'DaemonSet');
    expect(found.length).toBe(1);
    expect(environment(driver(found))).toMatchObject({
      BUN_JSC_useJIT: '0',
      KUBELET_CSI_SOCKET: '/var/lib/k0s/kubelet/plugins/rose-csi.io/csi.sock',
      REGISTRATION_SOCKET: '/registration/rose-csi.io-reg.sock',
    });
  });

  test('sees of kubelet only what volumes are mounted at', () => {
    const paths = (driver(containers(template(values), 'DaemonSet')).volumeMounts ?? []).map(
      ({ mountPath }) => mountPath,
    );
    expect(paths.filter((path) => path.startsWith('/var/lib/kubelet'))).toEqual([
      '/var/lib/kubelet/plugins/kubernetes.io/csi',
      '/var/lib/kubelet/pods',
    ]);
  });
});

describe('rights', () => {
  const rules = (objects: ReturnType<typeof template>) =>
    JSON.stringify(objects.filter(({ kind }) => /Role$/.test(kind)));

  test('do not reach secrets, nor whole API groups', () => {
    const text = rules(
      template({ ...values, controller: { settings: { DELETE_ATTACHMENTS_OF_LOST_NODES: true } } }),
    );
    expect(text).not.toContain('secrets');
    expect(text).not.toContain('*');
  });

  test('to delete attachments and to see pods everywhere come only with the setting that needs them', () => {
    expect(template(values).map(({ metadata }) => metadata.name)).not.toContain(
      'rose-csi-controller-lost-nodes',
    );
    const more = template({
      ...values,
      controller: { settings: { DELETE_ATTACHMENTS_OF_LOST_NODES: true } },
    });
    expect(more.map(({ metadata }) => metadata.name)).toContain('rose-csi-controller-lost-nodes');
  });

  test('of snapshots come only with the snapshotter', () => {
    expect(rules(template({ ...values, sidecars: { snapshotter: { enabled: false } } }))).not.toContain(
      'snapshot',
    );
  });
});
