import { connect } from 'node:net';
import { Attempt, type AttemptParts, type Target } from './attempt.ts';
import type { Connection } from './connection.ts';

/** Opens connections to one appliance. */
export class Dialer {
  constructor(
    private readonly target: Target,
    private readonly parts: AttemptParts,
  ) {}

  /**
   * TCP, host key, login.
   * @throws SshFailure
   * @throws the signal's reason
   */
  dial(signal: AbortSignal): Promise<Connection> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => new Attempt(this.target, this.parts, signal, resolve, reject));
  }

  /**
   * Asks for a sign of life without a login, until one has come or the signal aborts: the port's first word, whatever
   * it is, or its refusal, since a host that has forgotten the busy connections for which this is done resets them.
   * ASSUMED[beyond-max-sessions]: RouterOS greets before a login, and beyond `max-sessions` refuses or closes: it says something.
   */
  knock(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = connect(this.target.port, this.target.address);
    const stop = () => socket.destroy();
    const sign = () => {
      // Bun emits `end` for our own destroy, too.
      if (!signal.aborted) this.parts.signs.heard();
      stop();
    };
    signal.addEventListener('abort', stop, { once: true });
    socket.once('data', sign);
    socket.once('end', sign);
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') sign();
    });
    socket.once('close', () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    return promise;
  }
}
