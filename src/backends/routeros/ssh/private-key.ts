import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto';
import { type ParsedKey, utils } from 'ssh2';
import { BackendError } from '../../../core/storage/backend-error.ts';

/** RouterOS takes no ECDSA keys of users. */
const TYPES: readonly string[] = ['ssh-ed25519', 'ssh-rsa'];

/**
 * Reads a user's key: OpenSSH's format, PKCS#1 and PKCS#8 (which ssh2 does not read itself). Done once, since a
 * passphrase costs 100 ms and more.
 * @throws BackendError `invalid`; no part of the key is in its message
 */
export function parsePrivateKey(text: string, passphrase?: string): ParsedKey {
  const trimmed = `${text.trim().replaceAll('\r\n', '\n')}\n`;
  const pem = /^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(trimmed)
    ? fromPkcs8(trimmed, passphrase)
    : trimmed;
  const key = utils.parseKey(pem, passphrase);
  if (key instanceof Error) throw invalid(key.message);
  if (!key.isPrivateKey()) throw invalid('it is a public key');
  if (!TYPES.includes(key.type)) throw invalid(`RouterOS takes ed25519 and RSA keys, not ${key.type}`);
  return key;
}

function fromPkcs8(pem: string, passphrase?: string): string {
  let key: KeyObject;
  try {
    key = createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch {
    // The library's message may quote what it was given.
    throw invalid('it is no PKCS#8 key, or its passphrase is wrong or missing');
  }
  if (key.asymmetricKeyType === 'ed25519') return toOpenSsh(key);
  if (key.asymmetricKeyType === 'rsa') return key.export({ type: 'pkcs1', format: 'pem' }).toString();
  throw invalid(`RouterOS takes ed25519 and RSA keys, not ${key.asymmetricKeyType}`);
}

/** OpenSSH's own format, unencrypted (PROTOCOL.key of OpenSSH): the only one in which ssh2 reads ed25519. */
function toOpenSsh(key: KeyObject): string {
  const { x = '', d = '' } = key.export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url');
  const seed = Buffer.from(d, 'base64url');
  const check = randomBytes(4);
  const secret = Buffer.concat([
    check,
    check,
    ...['ssh-ed25519', publicKey, Buffer.concat([seed, publicKey]), ''].map(field),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, i) => i + 1));
  const blob = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...['none', 'none', ''].map(field),
    Buffer.from([0, 0, 0, 1]),
    field(Buffer.concat(['ssh-ed25519', publicKey].map(field))),
    field(Buffer.concat([secret, padding])),
  ]);
  const lines = blob.toString('base64').replaceAll(/.{70}/g, '$&\n');
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

const invalid = (why: string): BackendError =>
  new BackendError('invalid', `the SSH private key cannot be used: ${why}`);
