import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { DriverProcess } from '../../src/commands/demo/driver-process.ts';
import { Collector } from '../support/collector.ts';
import { SimulatorProcess } from '../support/simulator-process.ts';

const MAIN = `${import.meta.dir}/../../src/main.ts`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(`${tmpdir()}/rose-csi-tracing-`);
});
afterEach(() => rm(folder, { recursive: true }));

const create = {
  name: 'traced',
  volumeCapabilities: [{ accessType: { $case: 'block', block: {} }, accessMode: { mode: 1 } }],
  parameters: {},
  secrets: {},
  mutableParameters: {},
};

/** The trace id of each line of the log that has one, by the call. */
async function loggedTraces(): Promise<Map<unknown, unknown>> {
  const lines = (await Bun.file(`${folder}/driver.log`).text()).trim().split('\n');
  const handled = lines.map((line) => JSON.parse(line)).filter(({ message }) => message === 'call handled');
  return new Map(handled.map(({ method, traceId }) => [method, traceId]));
}

async function drive(settings: Record<string, string>): Promise<void> {
  const simulator = await SimulatorProcess.start({ folder });
  try {
    const driver = await DriverProcess.start({
      command: [process.execPath, MAIN],
      folder,
      settings: { ...simulator.settings(), CSI_MODE: 'controller', NODE_NAME: 'traced-node', ...settings },
      timeoutMs: 20_000,
    });
    await driver.client.controller.createVolume(create as never);
    expect(await driver.stop()).toBe(0);
  } finally {
    await simulator.stop();
  }
}

test('a call is followed from the RPC through the port and the queue to the appliance, and found in the log', async () => {
  const collector = new Collector();
  try {
    await drive({ OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.endpoint}/` });
    const rpc = 'csi.v1.Controller/CreateVolume';
    for (const name of ['queue', 'exec']) expect(collector.pathOf(name)).toEqual([name, 'createVolume', rpc]);
    const { traceId } = collector.spans.find(({ name }) => name === rpc) ?? {};
    expect((await loggedTraces()).get('CreateVolume')).toBe(traceId);
    const ofCall = collector.spans.filter((span) => span.traceId === traceId);
    expect(new Set(ofCall.map(({ name }) => name))).toEqual(new Set([rpc, 'createVolume', 'queue', 'exec']));
  } finally {
    await collector.stop();
  }
}, 30_000);

test('a collector that is away costs neither calls nor an orderly end', async () => {
  const collector = new Collector();
  const { endpoint } = collector;
  await collector.stop();
  await drive({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  expect(await Bun.file(`${folder}/driver.log`).text()).toContain('spans could not be exported');
}, 30_000);

test('where no collector is configured there are no trace ids of our own', async () => {
  await drive({});
  expect((await loggedTraces()).get('CreateVolume')).toBeUndefined();
}, 30_000);
