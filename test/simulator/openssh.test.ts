import { afterEach, describe, expect, test } from 'bun:test';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Simulator } from './simulator.ts';

/** The client that people use. A machine without it skips these. */
const SSH = Bun.which('ssh');

let simulator: Simulator;
let folder: string;

afterEach(async () => {
  await simulator.stop();
  await rm(folder, { recursive: true });
});

/** Starts a simulator with its keys in files, as `make simulator` does. */
async function start(): Promise<void> {
  simulator = await Simulator.start();
  folder = await mkdtemp(join(tmpdir(), 'rose-csi-openssh-'));
  await Bun.write(join(folder, 'key'), simulator.userKey);
  await chmod(join(folder, 'key'), 0o600);
  await Bun.write(join(folder, 'known_hosts'), `[127.0.0.1]:${simulator.port} ${simulator.hostKeyLine}\n`);
}

/** Runs ssh without any configuration of this machine. */
async function ssh(words: readonly string[], stdin = '', flags: readonly string[] = []) {
  const options = [
    `UserKnownHostsFile=${join(folder, 'known_hosts')}`,
    'BatchMode=yes',
    'IdentitiesOnly=yes',
  ];
  const child = Bun.spawn(
    [
      ...[SSH ?? '', '-F', 'none', '-i', join(folder, 'key'), '-p', String(simulator.port)],
      ...options.flatMap((option) => ['-o', option]),
      ...[...flags, `${Simulator.user}@127.0.0.1`, ...words],
    ],
    { stdin: Buffer.from(stdin), stdout: 'pipe', stderr: 'pipe', timeout: 20_000 },
  );
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, out, err };
}

describe.skipIf(SSH === null)('OpenSSH', () => {
  test('logs in, adds a disk, reads JSON, and removes it', async () => {
    await start();
    expect((await ssh(['/disk print'])).out).toContain('pool1');
    const add = '/disk add type=file file-path=/pool1/a.img file-size=1GiB slot=a mount-filesystem=no';
    expect(await ssh([add])).toEqual({ code: 0, out: '', err: '' });
    const json = await ssh([':put [:serialize to=json [/disk print detail as-value where slot=a]]']);
    expect(JSON.parse(json.out)).toMatchObject([{ slot: 'a' }]);
    expect(await ssh(['/disk remove [find slot=a]'])).toEqual({ code: 0, out: '', err: '' });
    expect(simulator.appliance.disks()).toEqual([]);
  }, 30_000);

  test.each([
    ['without a terminal', '-T'],
    ['with a terminal', '-tt'],
  ])(
    'gets a prompt %s',
    async (_, flag) => {
      await start();
      const { out, code } = await ssh([], '/disk\nprint count-only\n/quit\n', [flag]);
      expect(out).toContain(`[${Simulator.user}@MikroTik] /disk> `);
      expect(out).toContain('1\r\n');
      expect(code).toBe(0);
    },
    30_000,
  );

  test('refuses another host key than the one that it knows', async () => {
    await start();
    simulator.faults.add({ fault: { kind: 'changed-host-key' } });
    const refused = await ssh([':put 1']);
    expect(refused.code).toBe(255);
    expect(refused.err).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED');
  }, 30_000);
});
