import { expect, test } from 'bun:test';
import { RecordingLogger } from '../test/support/recording-logger.ts';
import { loadConfig } from './load-config.ts';
import { warnOfSharedPorts } from './shared-ports.ts';

const FILE = `appliances:
  - {name: each, nvmePorts: '20000-29999'}
  - {name: shared, nvmePorts: 'shared:4420'}
`;

function warnings(kernel: string) {
  const environment = { NODE_NAME: 'n', CSI_MODE: 'node', RDS_CONFIG: '/f' };
  const { appliances } = loadConfig(environment, [], () => FILE);
  const logger = new RecordingLogger();
  warnOfSharedPorts(appliances, kernel, logger);
  return logger.lines;
}

test.each(['6.10.0', '6.12.95+deb12-cloud-amd64', '7.0', 'unreadable'])(
  'a node with the kernel %s warns of ports that volumes share, and of no other',
  (kernel) => {
    expect(warnings(kernel)).toMatchObject([
      { level: 'warn', fields: { appliance: 'shared', port: 4420, kernel } },
    ]);
  },
);

test.each(['6.1.0-44-amd64', '6.9.12', '5.14.0-427.el9'])(
  'a node with the kernel %s has nothing to fear from shared ports',
  (kernel) => {
    expect(warnings(kernel)).toEqual([]);
  },
);
