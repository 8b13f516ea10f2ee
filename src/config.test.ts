import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { ConfigError, flagOf, readConfig } from './config.ts';
import { SETTINGS, type SettingName } from './settings.ts';

const NODE = { NODE_NAME: 'worker-1' };

function faultsOf(environment: Record<string, string>, flags: string[] = []): readonly string[] {
  try {
    readConfig(environment, flags);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  test('gives the defaults where only the node has a name', () => {
    const config = readConfig(NODE, []);
    expect(config.CSI_MODE).toBe('all');
    expect(config.RDS_BACKEND).toBe('mock');
    expect(config.MAX_VOLUMES_PER_NODE).toBe(128);
    expect(config.MOCK_POOLS).toEqual([{ name: 'default', capacityBytes: 107374182400n }]);
  });

  test('takes a flag before the environment, in both spellings', () => {
    const environment = { ...NODE, CSI_MODE: 'node' };
    expect(readConfig(environment, ['--csi-mode=controller']).CSI_MODE).toBe('controller');
    expect(readConfig(environment, ['--csi-mode', 'all']).CSI_MODE).toBe('all');
    expect(readConfig(environment, []).CSI_MODE).toBe('node');
  });

  test('counts an empty variable as absent', () => {
    expect(readConfig({ ...NODE, CSI_MODE: '' }, []).CSI_MODE).toBe('all');
  });

  test('reports every fault at once, with name, value and what is allowed', () => {
    const faults = faultsOf({ ...NODE, RDS_BACKEND: 'ceph', LOG_LEVEL: 'loud', MAX_VOLUMES_PER_NODE: '0' });
    expect(faults).toEqual([
      'RDS_BACKEND is "ceph"; allowed: mock, routeros',
      'MAX_VOLUMES_PER_NODE is "0"; allowed: 1 to 4096',
      'LOG_LEVEL is "loud"; allowed: debug, info, warn, error',
    ]);
  });

  test('says what the RouterOS backend still needs, all of it at once', () => {
    const faults = faultsOf({ ...NODE, RDS_BACKEND: 'routeros' });
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
      'RDS_ADDRESS',
      'RDS_USER',
      'RDS_PRIVATE_KEY_FILE',
      'RDS_HOST_KEY',
      'CLUSTER_ID',
    ]);
    expect(faultsOf({ ...NODE, RDS_BACKEND: 'routeros', CSI_MODE: 'node' })).toEqual([]);
  });

  test('reads the ports of exports as a range of their own, or one that all share', () => {
    expect(readConfig(NODE, []).RDS_NVME_PORTS).toEqual({ mode: 'per-volume', first: 20000, last: 29999 });
    expect(readConfig({ ...NODE, RDS_NVME_PORTS: 'shared:4420' }, []).RDS_NVME_PORTS).toEqual({
      mode: 'shared',
      port: 4420,
    });
    for (const ports of ['4420', '2-1', '0-10', '30000-70000', 'shared:', 'shared:80']) {
      expect(faultsOf({ ...NODE, RDS_NVME_PORTS: ports })).toHaveLength(1);
    }
  });

  test('refuses unknown flags and flags without a value', () => {
    expect(faultsOf(NODE, ['--nonsense=1'])[0]).toContain(
      '"--nonsense" is unknown; known flags are --csi-mode',
    );
    expect(faultsOf(NODE, ['--log-level'])).toEqual([
      '--log-level has no value; allowed: debug, info, warn, error',
    ]);
  });

  test('says that the node has no name rather than invent one', () => {
    expect(faultsOf({})).toEqual(['NODE_NAME is ""; allowed: the Kubernetes node\'s name']);
  });

  test('reads several pools, and refuses doubled, nameless and empty ones', () => {
    expect(readConfig({ ...NODE, MOCK_POOLS: 'a=1GiB, b=512 MiB' }, []).MOCK_POOLS).toEqual([
      { name: 'a', capacityBytes: 1073741824n },
      { name: 'b', capacityBytes: 536870912n },
    ]);
    for (const pools of ['a=1GiB,a=2GiB', '=1GiB', 'a', 'a=0', 'a=many', 'a=1GiB,']) {
      expect(faultsOf({ ...NODE, MOCK_POOLS: pools })).toHaveLength(1);
    }
  });

  test('refuses a path that climbs', () => {
    expect(faultsOf({ ...NODE, STATE_DIR: '/var/lib/../../etc' })).toHaveLength(1);
    expect(readConfig({ ...NODE, STATE_DIR: '/var/lib/a..b' }, []).STATE_DIR).toBe('/var/lib/a..b');
  });

  test('never throws anything but ConfigError, whatever a variable holds', () => {
    const names = Object.keys(SETTINGS) as SettingName[];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.string({ unit: 'binary' }), (name, value) => {
        faultsOf({ ...NODE, [name]: value });
        faultsOf(NODE, [`${flagOf(name)}=${value}`]);
      }),
    );
  });
});
