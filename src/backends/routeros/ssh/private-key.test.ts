import { describe, expect, test } from 'bun:test';
import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { makeKeyPair, makeRsaKeyPair } from '../../../../test/support/ssh/keys.ts';
import { parsePrivateKey } from './private-key.ts';

const pkcs8 = (key: KeyObject, passphrase?: string): string =>
  key
    .export({
      type: 'pkcs8',
      format: 'pem',
      ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
    })
    .toString();

describe('a private key', () => {
  test('is read in the formats that people have', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const ed25519 = generateKeyPairSync('ed25519').privateKey;
    const types = [
      makeKeyPair().private,
      makeRsaKeyPair().private,
      rsa.export({ type: 'pkcs1', format: 'pem' }).toString(),
      pkcs8(rsa),
      pkcs8(ed25519),
    ].map((text) => parsePrivateKey(text).type);
    expect(types).toEqual(['ssh-ed25519', 'ssh-rsa', 'ssh-rsa', 'ssh-rsa', 'ssh-ed25519']);
  });

  test('may have the white space that editors and Secrets add', () => {
    const { private: text } = makeKeyPair();
    expect(parsePrivateKey(`\n  ${text.replaceAll('\n', '\r\n')}\r\n\r\n`).type).toBe('ssh-ed25519');
  });

  test('is unlocked by its passphrase, in both formats', () => {
    const ed25519 = generateKeyPairSync('ed25519').privateKey;
    expect(parsePrivateKey(makeKeyPair('sesame').private, 'sesame').type).toBe('ssh-ed25519');
    expect(parsePrivateKey(pkcs8(ed25519, 'sesame'), 'sesame').type).toBe('ssh-ed25519');
    for (const text of [makeKeyPair('sesame').private, pkcs8(ed25519, 'sesame')]) {
      expect(() => parsePrivateKey(text)).toThrow(/passphrase/);
      expect(() => parsePrivateKey(text, 'wrong')).toThrow(/passphrase/);
    }
  });

  test('in PKCS#8 signs as the same key does', () => {
    for (let i = 0; i < 50; i++) {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const parsed = parsePrivateKey(pkcs8(privateKey));
      const data = Buffer.from(`message ${i}`);
      const signature = parsed.sign(data);
      expect(verify(null, data, publicKey, signature)).toBe(true);
      expect(signature).toEqual(sign(null, data, privateKey));
    }
  });

  test('of a type that RouterOS does not take is refused', () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
    const texts = [pkcs8(ec), ec.export({ type: 'sec1', format: 'pem' }).toString()];
    for (const text of texts)
      expect(() => parsePrivateKey(text)).toThrow(/RouterOS takes ed25519 and RSA keys/);
    expect(() => parsePrivateKey(makeKeyPair().public)).toThrow(/public key/);
  });

  test('that is damaged is refused as invalid, and no part of it is told', () => {
    const lines = makeKeyPair().private.split('\n');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.string({ minLength: 6 }), (at, garbage) => {
        const text = lines.with(at, garbage).join('\n');
        try {
          parsePrivateKey(text);
        } catch (error) {
          expect(error).toMatchObject({ kind: 'invalid' });
          for (const line of lines.slice(1, -2)) expect(String(error)).not.toContain(line);
        }
      }),
    );
  });
});
