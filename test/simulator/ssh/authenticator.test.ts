import { afterEach, describe, expect, test } from 'bun:test';
import ssh2, { type ParsedKey } from 'ssh2';
import { HostRig } from '../support/host-rig.ts';
import { PlainClient } from '../support/plain-client.ts';
import type { Account } from './accounts.ts';
import { KeyPair } from './key-pair.ts';

const REFUSED = 'All configured authentication methods failed';

let rig: HostRig;
afterEach(() => rig.stop());

/** A host with one more user, `admin`. */
async function withAdmin(account: Partial<Account>): Promise<void> {
  rig = await HostRig.start();
  const policies = new Set(['ssh', 'read']);
  rig.appliance.people.set('admin', { name: 'admin', policies, publicKeys: [], ...account });
}

const asAdmin = (proof: { password?: string; privateKey?: string }) =>
  rig.login({ username: 'admin', ...proof });

function parsed({ pem }: KeyPair): ParsedKey {
  const key = ssh2.utils.parseKey(pem);
  if (key instanceof Error) throw key;
  return key;
}

/** The same client without the rig's own key. */
const byPassword = (password: string) =>
  PlainClient.connect({ port: rig.host.port, username: 'admin', password });

describe('a login by key', () => {
  test.each(['ed25519', 'rsa'] as const)('succeeds with an %s key of the account', async (type) => {
    const key = KeyPair.generate(type);
    await withAdmin({ publicKeys: ['ssh-ed25519 nonsense', key.line] });
    const seen = await (await asAdmin({ privateKey: key.pem })).exec('say:in');
    expect(seen.out).toBe('in\r\n');
    expect(rig.host.journal.all()[0]?.user).toBe('admin');
  });

  test('fails with a key of another account', async () => {
    await withAdmin({ publicKeys: [KeyPair.generate().line] });
    await expect(asAdmin({ privateKey: rig.userKey.pem })).rejects.toThrow(REFUSED);
  });

  test('fails with an ECDSA key, which RouterOS does not take', async () => {
    const pair = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
    await withAdmin({ publicKeys: [pair.public] });
    await expect(asAdmin({ privateKey: pair.private })).rejects.toThrow(REFUSED);
  });

  test('fails with an RSA key of less than 2048 bits', async () => {
    const pair = ssh2.utils.generateKeyPairSync('rsa', { bits: 1024 });
    await withAdmin({ publicKeys: [pair.public] });
    await expect(asAdmin({ privateKey: pair.private })).rejects.toThrow(REFUSED);
  });

  test('fails where the signature is by another key than the one that was offered', async () => {
    const [known, other] = [KeyPair.generate(), KeyPair.generate()];
    await withAdmin({ publicKeys: [known.line] });
    const [signer, shown] = [parsed(other), parsed(known)];
    // An agent that shows the account's key and signs with its own.
    class Impostor extends ssh2.BaseAgent {
      override getIdentities(done: (error: undefined, keys: ParsedKey[]) => void): void {
        done(undefined, [shown]);
      }
      override sign(...[, data, ...rest]: unknown[]): void {
        (rest.at(-1) as (error: undefined, signature: Buffer) => void)(
          undefined,
          signer.sign(data as Buffer),
        );
      }
    }
    const config = { port: rig.host.port, username: 'admin', agent: new Impostor() };
    await expect(PlainClient.connect(config)).rejects.toThrow(REFUSED);
  });
});

describe('a login by password', () => {
  test('succeeds with the password of an account without keys', async () => {
    await withAdmin({ password: 'secret' });
    const client = await byPassword('secret');
    expect((await client.exec('say:in')).out).toBe('in\r\n');
    await client.close();
  });

  test('fails with another password', async () => {
    await withAdmin({ password: 'secret' });
    await expect(byPassword('secrets')).rejects.toThrow(REFUSED);
  });

  test('succeeds with the empty password that a factory setting has', async () => {
    await withAdmin({ password: '' });
    const client = await byPassword('');
    await client.close();
  });

  test('fails where the account has a key, even with the right password', async () => {
    await withAdmin({ password: 'secret', publicKeys: [KeyPair.generate().line] });
    await expect(byPassword('secret')).rejects.toThrow(REFUSED);
  });

  test('fails where the account has no password', async () => {
    await withAdmin({});
    await expect(byPassword('')).rejects.toThrow(REFUSED);
  });
});

test('an unknown user is refused', async () => {
  rig = await HostRig.start();
  await expect(rig.login({ username: 'nobody' })).rejects.toThrow(REFUSED);
});

test('a user without the policy ssh is refused', async () => {
  await withAdmin({ password: 'secret', policies: new Set(['read', 'write']) });
  await expect(byPassword('secret')).rejects.toThrow(REFUSED);
});
