import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { ConfigError } from './config.ts';
import { loadConfig } from './load-config.ts';

const ROUTEROS = { NODE_NAME: 'n', RDS_BACKEND: 'routeros', CLUSTER_ID: 'c', RDS_CONFIG: '/etc/rose.yaml' };
const TWO = `
appliances:
  - name: one
    address: 10.0.0.1
    user: rose
    privateKeyFile: /keys/one
    hostKey: SHA256:${'a'.repeat(43)}
    nvmeAddress: [10.1.0.1, 10.2.0.1]
    nvmePorts: shared:4420
  - name: two
    address: 10.0.0.2
    port: 2222
    hostKey: SHA256:${'b'.repeat(43)}
    pool: fast
`;
const load = (file: string, environment: Record<string, string> = ROUTEROS) =>
  loadConfig(environment, [], () => file);

function faultsOf(file: string, environment?: Record<string, string>): readonly string[] {
  try {
    load(file, environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

describe('RDS_CONFIG', () => {
  test('gives each appliance its own settings, and the common ones where it has none', () => {
    const { appliances } = load(TWO, { ...ROUTEROS, RDS_USER: 'all', RDS_PRIVATE_KEY_FILE: '/keys/all' });
    expect(appliances).toHaveLength(2);
    expect(appliances[0]).toMatchObject({
      ...{ RDS_NAME: 'one', RDS_USER: 'rose', RDS_PRIVATE_KEY_FILE: '/keys/one', RDS_PORT: 22 },
      ...{ RDS_NVME_ADDRESS: ['10.1.0.1', '10.2.0.1'], RDS_NVME_PORTS: { mode: 'shared', port: 4420 } },
    });
    expect(appliances[1]).toMatchObject({
      ...{ RDS_NAME: 'two', RDS_USER: 'all', RDS_PRIVATE_KEY_FILE: '/keys/all', RDS_PORT: 2222 },
      ...{ RDS_NVME_ADDRESS: [], RDS_POOL: ['fast'], CLUSTER_ID: 'c' },
    });
  });

  test('lists every fault at once, those of the variables too', () => {
    const file =
      'appliances:\n  - {name: One, port: 0, colour: red}\n  - {name: two, overcommit: 99}\nmore: 1\n';
    const faults = faultsOf(file, { ...ROUTEROS, CSI_MODE: 'both' });
    expect(faults.join('\n')).toContain('CSI_MODE is "both"');
    expect(faults.join('\n')).toContain('RDS_CONFIG appliances[0].name is "One"; allowed: 1 to 32');
    expect(faults.join('\n')).toContain('RDS_CONFIG appliances[0].port is "0"; allowed: 1 to 65535');
    expect(faults.join('\n')).toContain(
      'RDS_CONFIG appliances[0]: "colour" is unknown; known are name, address',
    );
    expect(faults.join('\n')).toContain('RDS_CONFIG appliances[1].overcommit is "99"');
    expect(faults.join('\n')).toContain('RDS_CONFIG as a whole: "more" is unknown');
  });

  test('says which appliance lacks what', () => {
    const faults = faultsOf('appliances:\n  - {name: one, address: 10.0.0.1}\n');
    expect(faults).toHaveLength(3);
    expect(faults[0]).toStartWith('RDS_CONFIG appliance one: RDS_USER is not set');
  });

  test('is not left unheard by a backend that speaks with no appliance', () => {
    const { RDS_BACKEND: _, ...forgotten } = ROUTEROS;
    expect(faultsOf(TWO, forgotten)).toEqual([
      'RDS_CONFIG appliance one: RDS_ADDRESS is 10.0.0.1, but RDS_BACKEND=mock speaks with no appliance; set RDS_BACKEND=routeros',
      'RDS_CONFIG appliance two: RDS_ADDRESS is 10.0.0.2, but RDS_BACKEND=mock speaks with no appliance; set RDS_BACKEND=routeros',
    ]);
    expect(faultsOf(TWO, { ...forgotten, CSI_MODE: 'node' })).toEqual([]);
  });

  test('takes no two appliances of one name, none without, and none at all', () => {
    expect(faultsOf('appliances: [{name: a}, {name: a}]')).toEqual([
      'RDS_CONFIG has two appliances with the name "a"',
    ]);
    expect(faultsOf('appliances: [{port: 22}]')[0]).toContain('appliances[0].name is not set');
    expect(faultsOf('appliances: []')).toHaveLength(1);
    expect(faultsOf('')).toHaveLength(1);
  });

  test('takes no appliance of a node that is none of the file', () => {
    const faults = faultsOf(TWO, { ...ROUTEROS, CSI_MODE: 'node', NODE_APPLIANCES: 'two,three' });
    expect(faults).toEqual(['NODE_APPLIANCES names "three"; RDS_CONFIG has one, two']);
  });

  test('keeps the folders of several mocks apart', () => {
    const { appliances } = load('appliances: [{name: a}, {name: b, mockPools: x=1GiB}]', {
      ...{ NODE_NAME: 'n', RDS_CONFIG: '/f', MOCK_DATA_DIR: '/data' },
    });
    expect(appliances.map(({ MOCK_DATA_DIR }) => MOCK_DATA_DIR)).toEqual(['/data/a', '/data/b']);
  });

  test('never throws anything but ConfigError, whatever is in the file', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void faultsOf(text)));
  });

  test('that cannot be read is a fault', () => {
    const read = () => {
      throw new Error('ENOENT');
    };
    expect(() => loadConfig(ROUTEROS, [], read)).toThrow(ConfigError);
  });
});
