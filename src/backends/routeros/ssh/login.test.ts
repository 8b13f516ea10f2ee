import { afterEach, describe, expect, test } from 'bun:test';
import { generateKeyPairSync } from 'node:crypto';
import { makeKeyPair, makeRsaKeyPair } from '../../../../test/support/ssh/keys.ts';
import { Rig, type RigOptions } from '../../../../test/support/ssh/rig.ts';
import { TestSshServer, type TestSshServerOptions } from '../../../../test/support/ssh/test-ssh-server.ts';
import { until } from '../../../../test/support/until.ts';

let rig: Rig;
afterEach(() => rig.stop());

async function start(settings: RigOptions['settings'], options: TestSshServerOptions = {}): Promise<void> {
  rig = await Rig.make({ server: await TestSshServer.start(options), settings: { ...settings } });
  rig.appliance.start();
}

describe('the host key', () => {
  test('is accepted by its fingerprint', async () => {
    const hostKey = makeKeyPair();
    await start({ hostKey: hostKey.fingerprint }, { hostKey });
    await rig.untilConnected();
  });

  test('is asked for by its type, so that an appliance with several shows the pinned one', async () => {
    const hostKey = makeRsaKeyPair();
    await start({ hostKey: hostKey.public }, { hostKey, otherHostKey: makeKeyPair() });
    await rig.untilConnected();
  });

  test('that has changed is refused before any login, with both fingerprints and the remedy', async () => {
    const expected = makeKeyPair();
    await start({ hostKey: expected.public });
    await rig.untilAway();
    const { reason } = rig.appliance.health();
    expect(reason).toContain(`host key changed: ${rig.server.hostKey.fingerprint} (ssh-ed25519)`);
    expect(reason).toContain(`expected ${expected.fingerprint}`);
    expect(reason).toContain('put the new key into');
    expect(rig.metrics.failures).toEqual(['host-key']);
    expect(rig.server.logins).toEqual([]);
  });

  test('of another type than the pinned one is refused as such', async () => {
    await start({ hostKey: makeRsaKeyPair().public });
    await rig.untilAway();
    expect(rig.appliance.health().reason).toContain('no host key of the pinned type');
    expect(rig.metrics.failures).toEqual(['host-key']);
  });

  test('is taken from anybody in insecure mode only, with a warning at the start', async () => {
    await start({ hostKey: undefined, insecureHostKey: true });
    await rig.untilConnected();
    expect(rig.logger.lines[0]).toMatchObject({
      level: 'warn',
      message: expect.stringContaining('NOT checked'),
    });
  });
});

describe('the login', () => {
  test('takes an RSA key', async () => {
    const userKey = makeRsaKeyPair();
    await start({ privateKey: userKey.private }, { userKey });
    await rig.untilConnected();
  });

  test('takes a key with a passphrase', async () => {
    const userKey = makeKeyPair('open sesame');
    await start({ privateKey: userKey.private, passphrase: 'open sesame' }, { userKey });
    await rig.untilConnected();
  });

  test('takes an ed25519 key in PKCS#8, which ssh2 does not read itself', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const { x = '' } = publicKey.export({ format: 'jwk' });
    const prefix = Buffer.from('0000000b7373682d6564323535313900000020', 'hex');
    const line = `ssh-ed25519 ${Buffer.concat([prefix, Buffer.from(x, 'base64url')]).toString('base64')}`;
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await start({ privateKey: pem }, { userKey: { private: pem, public: line, fingerprint: '' } });
    await rig.untilConnected();
  });

  test('tries the key first, and the password as the last resort', async () => {
    await start({ privateKey: makeKeyPair().private, password: 'hunter22' }, { password: 'hunter22' });
    await rig.untilConnected();
    expect(new Set(rig.server.logins)).toEqual(new Set(['publickey', 'password']));
  });

  test('never asks for a login without any proof first', async () => {
    await start({});
    await rig.untilConnected();
    expect(rig.server.logins).not.toContain('none');
  });

  test('that is refused is told as such, and not tried faster than any other failure', async () => {
    await start({ user: 'nobody' });
    await rig.untilAway();
    expect(rig.appliance.health().reason).toStartWith('login as "nobody" refused');
    expect(rig.metrics.failures).toEqual(['permission']);
    await rig.advanceUntil('another attempt', () => rig.metrics.failures.length === 2);
    expect(rig.clock.monotonic()).toBeGreaterThanOrEqual(1000);
  });

  test('that does not come to an end is given up after its time', async () => {
    await start({});
    rig.server.stallLogins = true;
    const waited = await rig.advanceUntil('away', () => rig.metrics.states.at(-1) === 'away');
    expect(waited).toBeGreaterThanOrEqual(10_000);
    expect(rig.appliance.health().reason).toBe('no login within 10 s');
    await until('the socket is closed', () => rig.server.open === 0);
  });

  test('on a connection that is closed at once names what may be the cause', async () => {
    await start({}, { maxConnections: 0 });
    await rig.untilAway();
    expect(rig.appliance.health().reason).toContain('max-sessions');
    expect(rig.metrics.failures).toEqual(['closed']);
  });

  test('fails as a handshake where the appliance has only algorithms that would block this process', async () => {
    await start({}, { kex: ['diffie-hellman-group14-sha256'] });
    await rig.untilAway();
    expect(rig.metrics.failures).toEqual(['handshake']);
    expect(rig.appliance.health().reason).toContain('no matching key exchange');
  });
});

describe('secrets', () => {
  test('are in no log line and in no error, whether the login succeeds or not', async () => {
    const wrong = makeKeyPair();
    await start({ privateKey: wrong.private, password: 'wrong-password' });
    await rig.untilAway();
    const error = await rig.exec('x').reply.catch((e: unknown) => e);
    const seen = rig.logger.text() + Bun.inspect(error, { depth: 12 });
    expect(seen).not.toContain('wrong-password');
    expect(seen).not.toContain(wrong.private.split('\n')[1] ?? 'key');
  });

  test('and scripts stay out of the log', async () => {
    await start({});
    await rig.untilConnected();
    await rig.exec('/user set password=hidden').reply;
    expect(rig.logger.text()).not.toContain('hidden');
  });
});
