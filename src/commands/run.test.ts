import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { connectCsi } from '../core/csi/client.ts';
import { isListening } from './demo/driver-process.ts';
import { run } from './run.ts';

async function runWith(
  args: string[],
  environment: Record<string, string> = {},
  stop = new AbortController(),
) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(args, {
    environment,
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    stop: stop.signal,
  });
  return { code, out: out.join(''), err: err.join('') };
}

describe('run', () => {
  test('prints help for the program and for each command', async () => {
    expect((await runWith(['--help'])).out).toContain('Usage: rose-csi');
    expect((await runWith(['help'])).out).toContain('Usage: rose-csi');
    expect((await runWith(['serve', '-h'])).out).toContain('SHUTDOWN_GRACE_SECONDS');
    expect((await runWith(['demo', '--help'])).out).toContain('rose-csi demo');
    expect((await runWith(['--version'])).out).toMatch(/^rose-csi \d/);
  });

  test('says 2 for a wrong command line or configuration, 1 where the work fails', async () => {
    expect((await runWith(['constructor'])).code).toBe(2);
    const config = await runWith(['serve'], { LOG_LEVEL: 'loud' });
    expect([config.code, config.err]).toEqual([
      2,
      'rose-csi: the configuration has a fault\n  LOG_LEVEL is "loud"; allowed: debug, info, warn, error\n',
    ]);
    const folder = await mkdtemp(`${tmpdir()}/rose-csi-run-`);
    await rm(folder, { recursive: true });
    const socket = { CSI_ENDPOINT: `${folder}/csi.sock`, MOCK_DATA_DIR: 'memory', HTTP_ADDRESS: 'off' };
    const failed = await runWith(['--csi-mode=controller', '--log-level=error'], socket);
    expect(failed.code).toBe(1);
    expect(failed.err).toContain(folder);
  });

  for (const mode of ['all', 'controller', 'node']) {
    test(`serves in the mode ${mode} until it is told to stop`, async () => {
      const folder = await mkdtemp(`${tmpdir()}/rose-csi-run-`);
      const stop = new AbortController();
      try {
        const serving = runWith(
          ['serve', '--csi-mode', mode, '--log-level', 'error'],
          {
            CSI_ENDPOINT: `${folder}/csi.sock`,
            NODE_NAME: 'run-node',
            MOCK_DATA_DIR: `${folder}/data`,
            STATE_DIR: `${folder}/state`,
            HTTP_ADDRESS: '127.0.0.1:0',
          },
          stop,
        );
        while (!(await isListening(`${folder}/csi.sock`))) await Bun.sleep(1);
        const client = connectCsi(`unix://${folder}/csi.sock`);
        expect(await client.identity.probe({})).toEqual({ ready: true });
        const { capabilities } = await client.identity.getPluginCapabilities({});
        expect(capabilities).toHaveLength(mode === 'node' ? 3 : 5);
        client.close();
        stop.abort();
        expect(await serving).toEqual({ code: 0, out: '', err: '' });
        expect(await isListening(`${folder}/csi.sock`)).toBe(false);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }
});
