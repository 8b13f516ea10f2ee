import { createHash } from 'node:crypto';
import ssh2, { type ParsedKey } from 'ssh2';

export type KeyType = 'ed25519' | 'rsa';

/** A server's or a user's key pair. Made when it is needed: no private key is ever committed. */
export class KeyPair {
  /** The public half as `ssh-ed25519 AAAA…`, as it stands in known_hosts and authorized_keys. */
  readonly line: string;
  /** `SHA256:…`, as OpenSSH shows it. */
  readonly fingerprint: string;

  private constructor(
    /** The private half, in OpenSSH's format. */
    readonly pem: string,
    key: ParsedKey,
  ) {
    const blob = key.getPublicSSH();
    this.line = `${key.type} ${blob.toString('base64')}`;
    this.fingerprint = `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
  }

  /** ed25519 takes a millisecond, rsa (2048 bits) about a hundred. */
  static generate(type: KeyType = 'ed25519'): KeyPair {
    for (;;) {
      const pair =
        type === 'rsa'
          ? ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 })
          : ssh2.utils.generateKeyPairSync('ed25519');
      // ssh2 1.17 strips the zero that one ed25519 key in 256 begins with, and cannot read that key (mscdex/ssh2#1513).
      if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return KeyPair.parse(pair.private);
    }
  }

  /** @throws Error where the text is not an unencrypted private key */
  static parse(pem: string): KeyPair {
    const key = ssh2.utils.parseKey(pem);
    if (key instanceof Error) throw key;
    if (!key.isPrivateKey()) throw new Error('this is a public key, not a private one');
    return new KeyPair(pem, key);
  }
}
