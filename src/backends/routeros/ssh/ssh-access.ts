import { readFile } from 'node:fs/promises';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { SshSettings } from './ssh-settings.ts';

/** How to reach one appliance and log in, as the configuration says it. */
export interface SshAccess {
  /** The appliance's configured name. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Paths; "" where there is none. */
  readonly privateKeyFile: string;
  readonly passphraseFile: string;
  readonly passwordFile: string;
  /** "" where there is none: then `insecureHostKey` must be true. */
  readonly hostKey: string;
  readonly insecureHostKey: boolean;
  readonly sessions: number;
}

/**
 * Reads the files with the user's secrets.
 * @throws BackendError `invalid` one cannot be read
 */
export async function sshSettings(access: SshAccess): Promise<SshSettings> {
  const [privateKey, passphrase, password] = await Promise.all([
    secret('RDS_PRIVATE_KEY_FILE', access.privateKeyFile),
    secret('RDS_PASSPHRASE_FILE', access.passphraseFile),
    secret('RDS_PASSWORD_FILE', access.passwordFile),
  ]);
  return {
    name: access.name,
    address: access.address,
    port: access.port,
    user: access.user,
    ...(privateKey !== undefined && { privateKey }),
    ...(passphrase !== undefined && { passphrase }),
    ...(password !== undefined && { password }),
    ...(access.hostKey !== '' && { hostKey: access.hostKey }),
    insecureHostKey: access.insecureHostKey,
    poolLimit: access.sessions,
  };
}

/** The file's text without its last line break; the error names the setting and the file, never what is in it. */
async function secret(setting: string, path: string): Promise<string | undefined> {
  if (path === '') return undefined;
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unreadable';
    throw new BackendError('invalid', `${setting} names ${path}, which cannot be read (${code})`);
  }
}
