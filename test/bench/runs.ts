import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { DriverProcess, isListening } from '../../src/commands/demo/driver-process.ts';
import { connectCsi } from '../../src/core/csi/client.ts';

const START_TIMEOUT_MS = 30_000;

/** Runs a driver in memory for as long as the work takes. */
export async function withDriver(
  command: readonly string[],
  settings: Readonly<Record<string, string>>,
  work: (driver: DriverProcess) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const driver = await DriverProcess.start({
      command,
      folder,
      settings: { NODE_NAME: 'bench-node', MOCK_DATA_DIR: 'memory', LOG_LEVEL: 'warn', ...settings },
      timeoutMs: START_TIMEOUT_MS,
    });
    try {
      await work(driver);
    } finally {
      await driver.stop();
    }
  });
}

/**
 * From the start of the process to the answer of the first Probe, ms. Asks as soon as the socket is there, which is
 * looked for every millisecond.
 */
export async function startup(command: readonly string[], mode: string): Promise<number> {
  let elapsed = 0;
  await inFolder(async (folder) => {
    const socket = `${folder}/csi.sock`;
    const begun = performance.now();
    const child = Bun.spawn([...command, 'serve'], {
      env: {
        PATH: process.env['PATH'],
        CSI_ENDPOINT: socket,
        CSI_MODE: mode,
        NODE_NAME: 'bench-node',
        MOCK_DATA_DIR: 'memory',
        STATE_DIR: `${folder}/state`,
        HTTP_ADDRESS: 'off',
        LOG_LEVEL: 'warn',
      },
      stdout: 'ignore',
      stderr: 'inherit',
    });
    try {
      while (!(await isListening(socket))) {
        if (performance.now() - begun > START_TIMEOUT_MS) throw new Error('the driver did not start');
        await Bun.sleep(1);
      }
      const client = connectCsi(`unix://${socket}`);
      await client.identity.probe({});
      elapsed = performance.now() - begun;
      client.close();
    } finally {
      child.kill('SIGTERM');
      await child.exited;
    }
  });
  return elapsed;
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(`${tmpdir()}/rose-csi-bench-`);
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
