import { afterAll, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { DriverProcess } from '../../src/commands/demo/driver-process.ts';
import { Simulator } from '../simulator/simulator.ts';
import { FakeApiServer } from '../support/kube/fake-api-server.ts';

const MAIN = `${import.meta.dir}/../../src/main.ts`;
const folder = await mkdtemp(`${tmpdir()}/rose-csi-metrics-`);
afterAll(() => rm(folder, { recursive: true }));

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

test('docs/metrics.md names what the process exports, and nothing else', async () => {
  const api = await FakeApiServer.start();
  const simulator = await Simulator.start({
    appliance: {
      version: '7.24',
      pools: [{ slot: 'pool1', fs: 'btrfs', bytes: 10n ** 9n }],
      random: randomBytes,
    },
  });
  await Bun.write(`${folder}/key`, simulator.userKey, { mode: 0o600 });
  await Bun.write(`${folder}/kubeconfig`, api.kubeconfig());
  const port = await freePort();
  const driver = await DriverProcess.start({
    command: [process.execPath, MAIN],
    folder,
    settings: {
      CLUSTER_ID: 'metrics',
      NODE_NAME: 'a',
      HTTP_ADDRESS: `127.0.0.1:${port}`,
      RDS_BACKEND: 'routeros',
      RDS_ADDRESS: '127.0.0.1',
      RDS_PORT: String(simulator.port),
      RDS_USER: Simulator.user,
      RDS_PRIVATE_KEY_FILE: `${folder}/key`,
      RDS_HOST_KEY: simulator.hostKeyLine,
      KUBERNETES: 'on',
      KUBECONFIG: `${folder}/kubeconfig`,
    },
    timeoutMs: 15_000,
  });
  try {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const exported = [...text.matchAll(/^# HELP (\S+)/gm)].map(([, name]) => name ?? '').sort();
    const document = await Bun.file(`${import.meta.dir}/../../docs/metrics.md`).text();
    const documented = [...document.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name ?? '').sort();
    expect(documented).toEqual(exported);
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
  } finally {
    await driver.stop();
    await simulator.stop();
    await api.down();
  }
}, 30_000);
