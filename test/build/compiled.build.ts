/** Run by `make test-build` on the executable of `make build`: the container must resolve inside it. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { version } from '../../package.json' with { type: 'json' };
import { DriverProcess } from '../../src/commands/demo/driver-process.ts';
import { Collector } from '../support/collector.ts';

const EXECUTABLE = `${import.meta.dir}/../../dist/rose-csi`;
const folder = await mkdtemp(`${tmpdir()}/rose-csi-build-`);
afterAll(() => rm(folder, { recursive: true }));

describe('the compiled executable', () => {
  for (const mode of ['all', 'controller', 'node']) {
    test(`starts, probes and stops in the mode ${mode}`, async () => {
      const settings = { NODE_NAME: 'build-node', CSI_MODE: mode };
      const driver = await DriverProcess.start({
        command: [EXECUTABLE],
        folder,
        settings,
        timeoutMs: 10_000,
      });
      try {
        const { name, vendorVersion } = await driver.client.identity.getPluginInfo({});
        expect({ name, vendorVersion }).toEqual({ name: 'rose-csi.io', vendorVersion: version });
      } finally {
        expect(await driver.stop()).toBe(0);
      }
    });
  }

  test('sends its spans to a collector', async () => {
    const collector = new Collector();
    const driver = await DriverProcess.start({
      command: [EXECUTABLE],
      folder,
      settings: { NODE_NAME: 'build-node', OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint },
      timeoutMs: 10_000,
    });
    try {
      await driver.client.identity.getPluginInfo({});
    } finally {
      expect(await driver.stop()).toBe(0);
      await collector.stop();
    }
    expect(collector.spans.map(({ name }) => name)).toContain('csi.v1.Identity/GetPluginInfo');
  });

  test('explains itself', () => {
    const { stdout, exitCode } = Bun.spawnSync([EXECUTABLE, '--help']);
    expect(exitCode).toBe(0);
    expect(stdout.toString()).toContain('Usage: rose-csi');
  });
});
