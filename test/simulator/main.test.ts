import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PlainClient } from './support/plain-client.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rose-csi-main-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Starts it as a process whose temporary files are in a folder of the test. */
const spawn = (flags: readonly string[]) =>
  Bun.spawn([process.execPath, join(import.meta.dir, 'main.ts'), '--port', '0', ...flags], {
    env: { PATH: process.env['PATH'], TMPDIR: folder },
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: 20_000,
  });

/** Reads until it says that it runs. */
async function greeting(stdout: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of stdout) {
    text += decoder.decode(bytes, { stream: true });
    if (text.includes('stops it')) return text;
  }
  throw new Error(`it ended: ${text}`);
}

test('prints how to log in, and leaves nothing behind when it is stopped', async () => {
  const child = spawn(['--user', 'admin:secret']);
  const [, port, key] = /ssh -p (\d+) -i (\S+) /.exec(await greeting(child.stdout)) ?? [];
  const address = { port: Number(port) };
  const byKey = await PlainClient.connect({
    ...address,
    username: 'rose-csi',
    privateKey: await Bun.file(key ?? '').text(),
  });
  expect((await byKey.exec('/disk print')).out).toContain('pool2');
  const byPassword = await PlainClient.connect({ ...address, username: 'admin', password: 'secret' });
  expect((await byPassword.exec(':put 1')).out).toBe('1\r\n');
  child.kill('SIGTERM');
  expect(await child.exited).toBe(0);
  await Promise.all([byKey.closed, byPassword.closed]);
  expect(await readdir(folder)).toEqual([]);
}, 20_000);

test('keeps keys and state in a folder, where it is given one', async () => {
  const kept: string[] = [];
  for (let run = 0; run < 2; run++) {
    const child = spawn(['--state', join(folder, 'state')]);
    kept.push(/SHA256:\S+/.exec(await greeting(child.stdout))?.[0] ?? '');
    child.kill('SIGINT');
    expect(await child.exited).toBe(0);
  }
  expect(kept[0]).toBe(kept[1] ?? '');
  expect((await readdir(join(folder, 'state'))).toSorted()).toEqual([
    'appliance.json',
    'host_key',
    'known_hosts',
    'user_key',
  ]);
}, 20_000);

test('explains what it takes, and what is wrong', async () => {
  const help = spawn(['--help']);
  expect(await new Response(help.stdout).text()).toContain('--control-port');
  expect(await help.exited).toBe(0);
  const wrong = spawn(['--pool', 'x']);
  expect(await new Response(wrong.stderr).text()).toContain('--pool x: expected SLOT:FS:SIZE');
  expect(await wrong.exited).toBe(2);
}, 20_000);
