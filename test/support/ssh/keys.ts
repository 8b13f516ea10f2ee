import { createHash } from 'node:crypto';
import { utils } from 'ssh2';

export interface KeyPair {
  /** OpenSSH's private format. */
  readonly private: string;
  /** A line as in authorized_keys. */
  readonly public: string;
  /** `SHA256:…`, computed here on purpose, not by the code under test. */
  readonly fingerprint: string;
}

/** A new ed25519 pair. @param passphrase locks the private key */
export function makeKeyPair(passphrase?: string): KeyPair {
  const lock = passphrase === undefined ? undefined : { passphrase, cipher: 'aes256-ctr', rounds: 1 };
  for (;;) {
    const pair = utils.generateKeyPairSync('ed25519', lock);
    // ssh2 drops a leading zero of the public key: one pair in 256 is malformed.
    if (!(utils.parseKey(pair.private, passphrase) instanceof Error)) return withFingerprint(pair);
  }
}

export function makeRsaKeyPair(): KeyPair {
  return withFingerprint(utils.generateKeyPairSync('rsa', { bits: 2048 }));
}

function withFingerprint(pair: { private: string; public: string }): KeyPair {
  const blob = Buffer.from(pair.public.split(' ')[1] ?? '', 'base64');
  const digest = createHash('sha256').update(blob).digest('base64').replaceAll('=', '');
  return { ...pair, fingerprint: `SHA256:${digest}` };
}
