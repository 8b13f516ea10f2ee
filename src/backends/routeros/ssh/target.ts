import type { AnyAuthMethod } from 'ssh2';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { Target } from './attempt.ts';
import { HostKeyPin } from './host-key.ts';
import { parsePrivateKey } from './private-key.ts';
import { DEFAULT_TIMINGS, type SshSettings } from './ssh-settings.ts';

/**
 * Reads the settings once.
 * @throws BackendError `invalid`: no host key without insecure mode, no way to log in, or an unreadable key
 */
export function targetOf(settings: SshSettings): Target {
  const { address, port, user, timings } = settings;
  return {
    address,
    port,
    user,
    login: loginOf(settings),
    hostKey: hostKeyOf(settings),
    timings: { ...DEFAULT_TIMINGS, ...timings },
  };
}

function loginOf({ name, user, privateKey, passphrase, password }: SshSettings): AnyAuthMethod[] {
  const methods: AnyAuthMethod[] = [];
  if (privateKey !== undefined) {
    methods.push({ type: 'publickey', username: user, key: parsePrivateKey(privateKey, passphrase) });
  }
  if (password !== undefined) methods.push({ type: 'password', username: user, password });
  if (methods.length > 0) return methods;
  throw new BackendError('invalid', `appliance ${name}: neither a private key nor a password is set`);
}

function hostKeyOf({ name, hostKey, insecureHostKey }: SshSettings): HostKeyPin | undefined {
  if (hostKey !== undefined) return HostKeyPin.parse(hostKey);
  if (insecureHostKey === true) return undefined;
  throw new BackendError(
    'invalid',
    `appliance ${name}: no host key is set, so whoever answers at its address could pose as it; set its key or ` +
      'fingerprint, or ask for the insecure mode by name',
  );
}
