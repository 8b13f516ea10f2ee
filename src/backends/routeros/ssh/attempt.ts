import { connect, type Socket } from 'node:net';
import { type Algorithms, type AnyAuthMethod, Client } from 'ssh2';
import type { Clock } from '../../../core/clock.ts';
import type { AheadPolicy } from './ahead-policy.ts';
import { Connection } from './connection.ts';
import { gatherWrites } from './gather-writes.ts';
import { fingerprintOf, type HostKeyPin, hostKeyType } from './host-key.ts';
import type { LifeSigns } from './life-signs.ts';
import { closedEarly, connectFailure, SshFailure } from './ssh-failure.ts';
import type { SshTimings } from './ssh-settings.ts';

export interface Target {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** In the order in which they are tried. */
  readonly login: readonly AnyAuthMethod[];
  /** undefined: whoever answers is trusted. */
  readonly hostKey: HostKeyPin | undefined;
  readonly timings: SshTimings;
}

export interface AttemptParts {
  readonly clock: Clock;
  readonly signs: LifeSigns;
  readonly ahead: AheadPolicy;
}

/**
 * What Bun can do at a fair price: on it, ssh2 has no chacha20, and Diffie-Hellman of the groups 14 and up blocks the
 * event loop for seconds.
 */
export const ALGORITHMS: Algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
  ],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
};

/** One attempt to connect, until it stands or has failed. */
export class Attempt {
  private readonly client = new Client();
  private readonly timer = new AbortController();
  private readonly socket: Socket;
  private denied: SshFailure | undefined;
  private settled = false;

  constructor(
    private readonly target: Target,
    private readonly parts: AttemptParts,
    private readonly signal: AbortSignal,
    private readonly succeed: (connection: Connection) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    signal.addEventListener('abort', this.abort, { once: true });
    parts.clock.sleep(target.timings.connectTimeoutMs, this.timer.signal).then(
      () => this.fail(this.late()),
      () => undefined, // It was done in time.
    );
    this.socket = connect(target.port, target.address);
    this.socket.on('connect', () => this.tune());
    this.client.on('handshake', () => this.listen());
    this.client.on('ready', () => this.ready());
    this.client.on('error', (error) => this.fail(this.denied ?? connectFailure(error, target.user)));
    this.client.on('close', () => this.fail(this.denied ?? closedEarly()));
    this.login();
  }

  private login(): void {
    const { user, login, hostKey } = this.target;
    const serverHostKey = hostKey?.algorithms;
    try {
      this.client.connect({
        sock: this.socket,
        username: user,
        // Not "none" first, as ssh2 does: it costs a round trip, and the appliance may log it as a failed login.
        authHandler: [...login],
        algorithms: serverHostKey ? { ...ALGORITHMS, serverHostKey } : ALGORITHMS,
        hostVerifier: (shown: Buffer) => this.verify(shown),
        readyTimeout: 0, // Our clock's
        keepaliveInterval: 0, // RouterOS does not answer it: a count of silences would end healthy connections.
      });
    } catch (error) {
      this.fail(new SshFailure('handshake', `SSH cannot be set up: ${String(error)}`, error));
    }
  }

  /** The kernel asks an idle peer itself: a dead one is noticed within `keepaliveMs` and 10 s. */
  private tune(): void {
    this.socket.setNoDelay(true);
    gatherWrites(this.socket);
    this.socket.setKeepAlive(true, this.target.timings.keepaliveMs);
  }

  /** Not before the handshake: a listener before ssh2's own would swallow the first bytes. */
  private listen(): void {
    this.parts.signs.heard();
    this.socket.on('data', () => this.parts.signs.heard());
  }

  private verify(shown: Buffer): boolean {
    const expected = this.target.hostKey;
    if (expected === undefined || expected.accepts(shown)) return true;
    this.denied = new SshFailure(
      'host-key',
      `host key changed: ${fingerprintOf(shown)} (${hostKeyType(shown)}), expected ${expected.fingerprint}; ` +
        'if the appliance was replaced or its key made anew, put the new key into the driver’s settings, ' +
        'else somebody stands in between',
    );
    return false;
  }

  private ready(): void {
    if (this.settled) return;
    this.settle();
    const { client, socket } = this;
    const { clock, ahead } = this.parts;
    this.succeed(
      new Connection({ client, socket, clock, ahead, endTimeoutMs: this.target.timings.endTimeoutMs }),
    );
  }

  private late(): SshFailure {
    const { connectTimeoutMs } = this.target.timings;
    return new SshFailure('timeout', `no login within ${connectTimeoutMs / 1000} s`);
  }

  private readonly abort = (): void => this.fail(this.signal.reason);

  private fail(error: unknown): void {
    if (this.settled) return;
    this.settle();
    this.socket.destroy();
    this.reject(error);
  }

  private settle(): void {
    this.settled = true;
    this.timer.abort();
    this.signal.removeEventListener('abort', this.abort);
  }
}
