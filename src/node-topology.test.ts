import { afterAll, describe, expect, test } from 'bun:test';
import { createServer } from 'node:net';
import { loadConfig } from './load-config.ts';
import { nodeTopology } from './node-topology.ts';

/** TCP has no way to a broadcast address, on any machine. */
const NO_ROUTE = '255.255.255.255';
const server = createServer().listen(0, '127.0.0.1');
afterAll(() => server.close());

function topologyOf(reach: string, file: string) {
  const environment = { NODE_NAME: 'n', CSI_MODE: 'node', RDS_CONFIG: '/f', NODE_APPLIANCES: reach };
  const { settings, appliances } = loadConfig(environment, [], () => file);
  return nodeTopology(settings, appliances)();
}

const label = (name: string) => [`rose-csi.io/appliance-${name}`, 'true'];
const labels = (...names: string[]): Record<string, string> => Object.fromEntries(names.map(label));

describe('the appliances that a node reaches', () => {
  test('are all that are configured, or those that are named', async () => {
    expect(await topologyOf('all', 'appliances: [{name: a}, {name: b}]')).toEqual(labels('a', 'b'));
    expect(await topologyOf('b', 'appliances: [{name: a}, {name: b}]')).toEqual(labels('b'));
  });

  test('are those that answer on their port, be it with a refusal', async () => {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const file = `appliances:
  - {name: open, address: 127.0.0.1, nvmePorts: 'shared:${port}'}
  - {name: refuses, address: 127.0.0.1, nvmePorts: 'shared:1024'}
  - {name: nowhere, address: ${NO_ROUTE}}
  - {name: nothing}
`;
    expect(await topologyOf('probe', file)).toEqual(labels('open', 'refuses'));
  });

  test('are not made up where none answers: kubelet is to ask again', async () => {
    const answer = topologyOf('probe', `appliances: [{name: nowhere, address: ${NO_ROUTE}}]`);
    await expect(answer).rejects.toThrow(`this node reaches no appliance: nowhere at ${NO_ROUTE}`);
  });
});
