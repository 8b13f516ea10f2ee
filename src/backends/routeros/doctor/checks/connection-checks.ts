import { connect } from 'node:net';
import { fingerprintOf, HostKeyPin, hostKeyType } from '../../ssh/host-key.ts';
import { SshFailure } from '../../ssh/ssh-failure.ts';
import { type Check, failed, ok, warning } from '../check.ts';
import { lookAtHostKey } from '../look-at-host-key.ts';

const TIMEOUT_MS = 10_000;

export const REACH: Check = {
  id: 'reach',
  title: 'the SSH port answers',
  needs: [],
  run: async ({ access: { address, port }, clock }) => {
    const begin = clock.monotonic();
    const code = await knock(address, port);
    const ms = Math.round(clock.monotonic() - begin);
    if (code === undefined) return ok(`port ${port} answered within ${ms} ms`);
    return failed(
      `port ${port} does not answer (${code})`,
      'check RDS_ADDRESS and RDS_PORT, the route and firewalls in between, and /ip/service ssh on the appliance (disabled? address?)',
    );
  },
};

/** @returns undefined where it could be connected to, else why not */
function knock(address: string, port: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = connect({ host: address, port, timeout: TIMEOUT_MS });
  socket.once('connect', () => resolve(undefined));
  socket.once('timeout', () => resolve(`no answer within ${TIMEOUT_MS / 1000} s`));
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  return promise.finally(() => socket.destroy());
}

/** @param asked whether the insecure mode was asked for by name */
export const hostKeyCheck = (asked: boolean): Check => ({
  id: 'host-key',
  title: 'the host key is the one that was noted',
  needs: ['reach'],
  run: async ({ access }) => {
    const pin = access.hostKey === '' ? undefined : HostKeyPin.parse(access.hostKey);
    const shown = await lookAtHostKey(access, pin?.algorithms, TIMEOUT_MS);
    const seen = `${fingerprintOf(shown)} (${hostKeyType(shown)})`;
    if (pin?.accepts(shown)) return ok(seen);
    const compare = `compare it with /ip/ssh on the appliance's own console; if it is the same, set RDS_HOST_KEY=${fingerprintOf(shown)}`;
    if (pin)
      return failed(
        `${seen}, and RDS_HOST_KEY is ${pin.fingerprint}`,
        `somebody stands in between, or the appliance was replaced: ${compare}`,
      );
    if (asked) return warning(`${seen}, not checked: RDS_INSECURE_HOST_KEY=true`, compare);
    return failed(`${seen}, and RDS_HOST_KEY is not set`, compare);
  },
});

export const LOGIN: Check = {
  id: 'login',
  title: 'the user can log in',
  needs: ['host-key'],
  run: async (patient) => {
    try {
      await patient.open();
      return ok('logged in');
    } catch (error) {
      if (!(error instanceof SshFailure)) throw error;
      return failed(error.message, LOGIN_REMEDY);
    }
  },
};

const LOGIN_REMEDY =
  "check RDS_USER and RDS_PRIVATE_KEY_FILE; on the appliance /user/ssh-keys (ed25519 or RSA, the user's own), and that the " +
  "policy of the user's group has ssh. A user who has a key cannot use a password by default";

/** Runs last: by then every line but the first has gone over a channel that was opened ahead. */
export const CHANNEL_AHEAD: Check = {
  id: 'channel-ahead',
  title: 'a channel may wait for its command',
  needs: ['login'],
  settles: ['channel-ahead'],
  run: async (patient) => {
    await patient.exec('channel-ahead', ':put ""');
    return patient.ahead.allowed
      ? ok('yes: a command costs one round trip')
      : warning(
          'no: the driver opens a channel for each command, at one round trip more',
          'nothing to be done; please report it',
        );
  },
};
