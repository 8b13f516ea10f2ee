import { afterEach, describe, expect, test } from 'bun:test';
import type { Algorithms } from 'ssh2';
import { until } from '../../support/until.ts';
import { HostRig } from '../support/host-rig.ts';
import { PlainClient } from '../support/plain-client.ts';
import { KeyPair } from './key-pair.ts';

let rig: HostRig;
afterEach(() => rig.stop());

describe('an exec', () => {
  test('prints to the client and ends with 0', async () => {
    rig = await HostRig.start();
    const client = await rig.login();
    expect(await client.exec('say:hello say:again')).toEqual({ out: 'hello\r\nagain\r\n', exit: 0 });
  });

  test('ends with 0 after an error too, which is printed', async () => {
    rig = await HostRig.start();
    const client = await rig.login();
    expect(await client.exec('say:one fail say:two')).toEqual({
      out: 'one\r\nfailure: asked for\r\n',
      exit: 0,
    });
  });

  test('ends with another status after an error where that is assumed', async () => {
    rig = await HostRig.start({ assumptions: { errorExitCode: 1 } });
    expect((await (await rig.login()).exec('fail')).exit).toBe(1);
  });

  test('sends a long output whole, beyond the window of its channel', async () => {
    rig = await HostRig.start();
    const { out, exit } = await (await rig.login()).exec('long:5000000 say:end');
    expect(exit).toBe(0);
    expect(out).toHaveLength(5_000_000 + 2 + 5);
    expect(out.endsWith('x\r\nend\r\n')).toBe(true);
  });

  test('shows a defect of the simulator as such', async () => {
    rig = await HostRig.start();
    const seen = await (await rig.login()).exec('bug');
    expect(seen.out).toStartWith('simulator: TypeError: a defect');
    expect(seen.exit).toBe(70);
    expect(rig.host.journal.all().map(({ outcome }) => outcome)).toEqual(['crashed']);
  });

  /** A client that goes away while a script waits between a statement that printed and one that writes. */
  async function abandon(): Promise<void> {
    const client = await rig.login();
    const channel = await client.open('say:started wait /disk/add');
    await new Promise((resolve) => channel.once('data', resolve));
    await client.close();
    await until('the session is gone', () => rig.host.sessions === 0);
    rig.appliance.release();
    await until('the script has ended', () => rig.host.journal.running().length === 0);
    expect(rig.host.journal.all()[0]?.outcome).toBe('lost');
  }

  test('stops before its next statement when its client goes away', async () => {
    rig = await HostRig.start();
    await abandon();
    expect(rig.appliance.ran).toEqual([':say', ':wait']);
  });

  test('runs on without its client where that is assumed', async () => {
    rig = await HostRig.start({ assumptions: { deadSession: 'runs-on' } });
    await abandon();
    expect(rig.appliance.ran).toEqual([':say', ':wait', '/disk/add']);
  });
});

describe('several channels on one connection', () => {
  test('take turns', async () => {
    rig = await HostRig.start();
    const client = await rig.login();
    const first = client.exec('wait say:first');
    const second = client.exec('say:second');
    await until('the first runs', () => rig.appliance.running === 1);
    rig.appliance.release();
    expect((await first).out).toBe('first\r\n');
    expect((await second).out).toBe('second\r\n');
    expect(rig.appliance.runningMost).toBe(1);
  });

  test('run at once where that is assumed', async () => {
    rig = await HostRig.start({ assumptions: { parallelChannels: 'parallel' } });
    const client = await rig.login();
    const first = client.exec('wait say:first');
    expect((await client.exec('say:second')).out).toBe('second\r\n');
    rig.appliance.release();
    expect((await first).out).toBe('first\r\n');
  });
});

describe('max-sessions', () => {
  test('refuses further logins until a session ends', async () => {
    rig = await HostRig.start();
    rig.appliance.sessionsMax = 2;
    const [one] = [await rig.login(), await rig.login()];
    await expect(rig.login()).rejects.toThrow('All configured authentication methods failed');
    await one.close();
    await until('a place is free', () => rig.host.sessions === 1);
    expect((await (await rig.login()).exec('say:in')).out).toBe('in\r\n');
  });

  test('closes further connections at once where that is assumed', async () => {
    rig = await HostRig.start({ assumptions: { sessionLimit: 'closed-at-accept' } });
    rig.appliance.sessionsMax = 1;
    await rig.login();
    await expect(rig.login()).rejects.toThrow();
    expect(rig.host.journal.loginCount).toBe(1);
  });
});

test('a hundred connections at once get each its own answers', async () => {
  rig = await HostRig.start();
  rig.appliance.sessionsMax = 100;
  const work = Array.from({ length: 100 }, async (_, number) => {
    const client = await rig.login({ readyTimeout: 20_000 });
    const outs: string[] = [];
    for (let turn = 0; turn < 3; turn++) outs.push((await client.exec(`say:${number}.${turn}`)).out);
    return outs;
  });
  const all = await Promise.all(work);
  expect(all).toEqual(all.map((_, number) => [0, 1, 2].map((turn) => `${number}.${turn}\r\n`)));
  expect(rig.host.sessions).toBe(100);
  expect(rig.host.journal.loginCount).toBe(100);
  expect(rig.host.journal.all()).toHaveLength(300);
}, 30_000);

test('keepalives stay unanswered, and the session lives on', async () => {
  rig = await HostRig.start();
  const client = await rig.login();
  // Answers come in the order of their requests: one to the second would be taken for one to the first.
  const internals = client.raw as unknown as {
    _callbacks: (() => void)[];
    _protocol: { ping(): void };
  };
  let answers = 0;
  internals._callbacks.push(() => answers++);
  internals._protocol.ping();
  expect((await client.exec('say:alive')).out).toBe('alive\r\n');
  expect(answers).toBe(0);
});

/** Logs in and keeps the host key that it saw. */
async function keyShown(algorithms: Algorithms = {}): Promise<string> {
  const seen: string[] = [];
  const hostVerifier = (key: Buffer) => seen.push(key.toString('base64')) > 0;
  await rig.login({ hostVerifier, algorithms: { kex: ['curve25519-sha256'], ...algorithms } });
  return seen.join();
}

test('the host key that is shown is the one that is announced', async () => {
  rig = await HostRig.start();
  expect(rig.hostKey.line).toBe(`ssh-ed25519 ${await keyShown()}`);
});

test('an rsa host key is offered beside an ed25519 one', async () => {
  const keys = [KeyPair.generate('ed25519'), KeyPair.generate('rsa')];
  rig = await HostRig.start({ hostKeys: keys });
  expect(keys[1]?.line).toBe(`ssh-rsa ${await keyShown({ serverHostKey: ['rsa-sha2-512'] })}`);
});

test('a client that offers no modern key exchange is refused', async () => {
  rig = await HostRig.start();
  const config = { port: rig.host.port, username: 'rose-csi', privateKey: rig.userKey.pem };
  const algorithms = { kex: ['diffie-hellman-group14-sha256' as const] };
  await expect(PlainClient.connect({ ...config, algorithms })).rejects.toThrow('no matching key exchange');
});

test('starts in less than 50 ms, keys included', async () => {
  rig = await HostRig.start();
  const times: number[] = [];
  for (let run = 0; run < 5; run++) {
    const from = performance.now();
    const other = await HostRig.start();
    times.push(performance.now() - from);
    await other.stop();
  }
  expect(Math.min(...times)).toBeLessThan(50);
});

describe('the width that a command sees', () => {
  test('is 80 columns over exec, whatever the login name asks for', async () => {
    rig = await HostRig.start();
    await (await rig.login({ username: 'rose-csi+cet512w' })).exec('say:x');
    expect(rig.appliance.width).toBe(80);
  });

  test('is what the login name asks for where that is assumed', async () => {
    rig = await HostRig.start({ assumptions: { loginNameWidth: 'exec-too' } });
    await (await rig.login({ username: 'rose-csi+cet512w' })).exec('say:x');
    expect(rig.appliance.width).toBe(512);
  });

  test('is the terminal’s where the exec has one', async () => {
    rig = await HostRig.start();
    await (await rig.login()).exec('say:x', { pty: { cols: 132 } });
    expect(rig.appliance.width).toBe(132);
  });
});
