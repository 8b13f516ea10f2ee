import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { status } from '@grpc/grpc-js';
import { DriverProcess } from '../../src/commands/demo/driver-process.ts';
import { MiB } from '../../src/core/bytes.ts';
import { CreateVolumeRequest, VolumeCapability_AccessMode_Mode } from '../../src/core/csi/generated/csi.ts';

const COMMAND = [process.execPath, `${import.meta.dir}/../../src/main.ts`];
const TIMEOUT_MS = 20_000;

let folder: string;
let running: DriverProcess[];

beforeEach(async () => {
  folder = await mkdtemp(`${tmpdir()}/rose-csi-process-`);
  running = [];
});

afterEach(async () => {
  for (const driver of running) await driver.stop();
  await rm(folder, { recursive: true });
});

async function start(settings: Record<string, string> = {}): Promise<DriverProcess> {
  const driver = await DriverProcess.start({
    command: COMMAND,
    folder,
    settings: { NODE_NAME: 'process-node', CSI_MODE: 'controller', ...settings },
    timeoutMs: TIMEOUT_MS,
  });
  running.push(driver);
  return driver;
}

/** Runs the command line to its end. */
async function run(args: string[], environment: Record<string, string> = {}) {
  const child = Bun.spawn([...COMMAND, ...args], {
    env: { PATH: process.env['PATH'], HTTP_ADDRESS: 'off', ...environment },
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: TIMEOUT_MS,
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, out, err };
}

const createRequest = (name: string) =>
  CreateVolumeRequest.fromPartial({
    name,
    capacityRange: { requiredBytes: 4n * MiB },
    volumeCapabilities: [
      {
        accessType: { $case: 'block', block: {} },
        accessMode: { mode: VolumeCapability_AccessMode_Mode.SINGLE_NODE_WRITER },
      },
    ],
  });

const log = (): Promise<string> => Bun.file(`${folder}/driver.log`).text();

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('the condition did not come true');
    await Bun.sleep(5);
  }
}

describe('the driver as a process', () => {
  test('lets a running call finish at SIGTERM, removes the socket and exits with 0', async () => {
    const driver = await start({ MOCK_LATENCY_MS: '300', MOCK_DATA_DIR: 'memory' });
    const answer = driver.client.controller.createVolume(createRequest('late'));
    await until(async () => (await log()).includes('serving CSI'));
    // The call is under way once a second one of that name is refused.
    await until(async () => {
      const second = driver.client.controller.createVolume(createRequest('late'));
      const code = await second.then(
        () => status.OK,
        (error: { code: number }) => error.code,
      );
      return code === status.ABORTED;
    });
    const exit = driver.terminate();
    expect((await answer).volume?.capacityBytes).toBe(4n * MiB);
    expect(await exit).toBe(0);
    expect(existsSync(`${folder}/csi.sock`)).toBe(false);
    expect(await log()).toContain('"message":"stopped"');
  });

  test('replaces the socket of a killed process, and finds its volumes again', async () => {
    const first = await start();
    const { volume } = await first.client.controller.createVolume(createRequest('kept'));
    process.kill(first.pid, 'SIGKILL');
    await until(async () => !existsSync(`/proc/${first.pid}`));
    expect(existsSync(`${folder}/csi.sock`)).toBe(true);
    const second = await start();
    const { entries } = await second.client.controller.listVolumes({ maxEntries: 0, startingToken: '' });
    expect(entries.map((entry) => entry.volume?.volumeId)).toEqual([volume?.volumeId]);
  });

  test('refuses a socket that a live process serves, and leaves it alone', async () => {
    const first = await start({ MOCK_DATA_DIR: 'memory' });
    const second = await run(['serve'], {
      CSI_ENDPOINT: first.endpoint,
      CSI_MODE: 'controller',
      MOCK_DATA_DIR: 'memory',
    });
    expect(second.code).toBe(1);
    expect(second.err).toContain(`${folder}/csi.sock`);
    expect(await first.client.identity.probe({})).toEqual({ ready: true });
  });

  test('refuses a data folder that a live process has open', async () => {
    await start();
    const second = await run(['serve'], {
      CSI_ENDPOINT: `${folder}/other.sock`,
      CSI_MODE: 'controller',
      MOCK_DATA_DIR: `${folder}/data`,
    });
    expect(second.code).toBe(1);
    expect(second.err).toContain(`${folder}/data`);
  });

  test('serves metrics and health', async () => {
    const driver = await start({ MOCK_DATA_DIR: 'memory', HTTP_ADDRESS: '127.0.0.1:0' });
    await driver.client.controller.listVolumes({ maxEntries: 0, startingToken: '' });
    const port = /"port":(\d+)/.exec(await log())?.[1];
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    for (const line of [
      'rose_csi_backend_connected{appliance="rds"} 1',
      'rose_csi_volumes{appliance="rds"} 0',
      'rose_csi_rpc_duration_seconds_count{method="ListVolumes",code="OK"} 1',
    ]) {
      expect(metrics).toContain(line);
    }
    expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()).toBe('ok\n');
  });
});

describe('the command line', () => {
  test('reports every fault of the configuration at once, and exits with 2', async () => {
    const { code, err } = await run(['serve', '--rds-backend', 'ceph'], {
      CSI_MODE: 'some',
      LOG_LEVEL: 'loud',
    });
    expect(code).toBe(2);
    expect(err).toContain('3 faults');
    for (const fault of [
      'CSI_MODE is "some"',
      'RDS_BACKEND is "ceph"; allowed: mock',
      'LOG_LEVEL is "loud"',
    ]) {
      expect(err).toContain(fault);
    }
  });

  test('takes flags without a command as serve', async () => {
    expect((await run(['--log-level=loud'])).err).toContain('LOG_LEVEL is "loud"');
  });

  test('explains itself', async () => {
    expect((await run(['--help'])).out).toContain('Usage: rose-csi');
    expect((await run(['serve', '--help'])).out).toContain('CSI_ENDPOINT, --csi-endpoint');
    expect((await run(['demo', '--help'])).out).toContain('nothing is left behind');
    expect((await run(['--version'])).out).toMatch(/^rose-csi \d+\.\d+\.\d+\n$/);
  });

  test('names an unknown command and exits with 2', async () => {
    const { code, err } = await run(['levitate']);
    expect([code, err]).toEqual([2, 'rose-csi: "levitate" is not a command; see rose-csi --help\n']);
  });
});
