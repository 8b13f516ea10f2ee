import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { makeKeyPair, makeRsaKeyPair } from '../../../../test/support/ssh/keys.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { fingerprintOf, HostKeyPin, hostKeyType } from './host-key.ts';

const blobOf = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64');

/** An ed25519 key in wire format, of any 32 bytes. */
const wireKey = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20', 'latin1'), bytes]));

describe('a pinned host key', () => {
  test('is read from a line as ssh-keyscan and RouterOS users have it', () => {
    const pair = makeKeyPair();
    const key = pair.public;
    for (const text of [key, ` ${key} admin@rds\n`, `rds.example,192.0.2.1 ${key}`, pair.fingerprint]) {
      const pin = HostKeyPin.parse(text);
      expect(pin.accepts(blobOf(key))).toBe(true);
      expect(pin.fingerprint).toBe(pair.fingerprint);
    }
  });

  test('asks for signatures of its own type only', () => {
    expect(HostKeyPin.parse(makeRsaKeyPair().public).algorithms).toEqual([
      'rsa-sha2-512',
      'rsa-sha2-256',
      'ssh-rsa',
    ]);
    expect(HostKeyPin.parse(makeKeyPair().public).algorithms).toEqual(['ssh-ed25519']);
    expect(HostKeyPin.parse(makeKeyPair().fingerprint).algorithms).toContain('rsa-sha2-256');
  });

  test('accepts that key and no other, whichever way it was noted', () => {
    fc.assert(
      fc.property(wireKey, wireKey, (key, other) => {
        const line = HostKeyPin.parse(`ssh-ed25519 ${key.toString('base64')}`);
        const digest = HostKeyPin.parse(fingerprintOf(key));
        for (const pin of [line, digest]) {
          expect(pin.accepts(key)).toBe(true);
          expect(pin.accepts(other)).toBe(other.equals(key));
        }
      }),
    );
  });

  test('of another form is refused, with the forms that are known', () => {
    const rsaAsEd25519 = `ssh-ed25519 ${makeRsaKeyPair().public.split(' ')[1]}`;
    const md5 = 'MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48';
    for (const text of ['', 'SHA256:', md5, 'ssh-ed25519', 'ssh-ed25519 !', 'ssh-dss AAAA', rsaAsEd25519]) {
      expect(() => HostKeyPin.parse(text)).toThrow(BackendError);
    }
  });

  test('is read or refused as invalid, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `ssh-rsa ${text}`),
        ),
        (text) => {
          try {
            HostKeyPin.parse(text);
          } catch (error) {
            expect(error).toMatchObject({ kind: 'invalid' });
          }
        },
      ),
    );
  });
});

test('the type of a key is read from any bytes without an error', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof hostKeyType(Buffer.from(bytes)) === 'string'));
  fc.assert(fc.property(wireKey, (key) => hostKeyType(key) === 'ssh-ed25519'));
});
