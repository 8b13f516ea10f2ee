import { createHash } from 'node:crypto';
import type { ServerHostKeyAlgorithm } from 'ssh2';
import { BackendError } from '../../../core/storage/backend-error.ts';

/** The signature algorithms of each type of host key; SHA-1 last, for what offers nothing else. */
const ALGORITHMS: ReadonlyMap<string, ServerHostKeyAlgorithm[]> = new Map([
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
]);
const FINGERPRINT = /^SHA256:([A-Za-z0-9+/]{43})=?$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The appliance's host key as the administrator has noted it. */
export class HostKeyPin {
  private constructor(
    /** As OpenSSH prints it: `SHA256:` and unpadded base64. */
    readonly fingerprint: string,
    /** What to ask the appliance for, so that one with several keys shows this one; all where the type is unknown. */
    readonly algorithms: ServerHostKeyAlgorithm[],
  ) {}

  /**
   * Reads a fingerprint (`SHA256:…`) or a public key line (`ssh-ed25519 AAAA… comment`), also one of known_hosts.
   * @throws BackendError `invalid`
   */
  static parse(text: string): HostKeyPin {
    const trimmed = text.trim();
    const digest = FINGERPRINT.exec(trimmed)?.[1];
    if (digest !== undefined) return new HostKeyPin(`SHA256:${digest}`, [...ALGORITHMS.values()].flat());
    const words = trimmed.split(/\s+/);
    const at = words.findIndex((word) => ALGORITHMS.has(word));
    const type = words[at] ?? '';
    const blob = words[at + 1] ?? '';
    const key = Buffer.from(blob, 'base64');
    const algorithms = ALGORITHMS.get(type);
    if (algorithms === undefined || !BASE64.test(blob) || hostKeyType(key) !== type) throw malformed(trimmed);
    return new HostKeyPin(fingerprintOf(key), algorithms);
  }

  /** @param key in SSH's wire format */
  accepts(key: Buffer): boolean {
    return fingerprintOf(key) === this.fingerprint;
  }
}

/** @param key in SSH's wire format */
export const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

/** The type's name, with which a key in SSH's wire format begins (RFC 4253, section 6.6). */
export function hostKeyType(key: Buffer): string {
  const length = key.length < 4 ? 0 : key.readUInt32BE(0);
  return key.subarray(4, 4 + length).toString('latin1');
}

const malformed = (text: string): BackendError =>
  new BackendError(
    'invalid',
    `host key ${JSON.stringify(text.slice(0, 80))} is neither a fingerprint (SHA256:…) nor a public key ` +
      '(ssh-ed25519 AAAA…); ssh-keyscan prints the key of an appliance',
  );
