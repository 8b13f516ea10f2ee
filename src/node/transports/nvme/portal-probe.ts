import { connect, type Socket } from 'node:net';
import { errno } from '../../exec/errno.ts';
import type { Standing } from '../transport.ts';
import { connectRequest, initializeRequest, type Reply, STATUS, takeReply } from './handshake-pdus.ts';
import type { HostIdentity } from './host-identity.ts';
import { type Portal, portalText } from './portal.ts';

/**
 * Asks a portal whether it has a subsystem for this host: connects to it in user space, and lets go before anything is
 * done with it. The kernel cannot be asked: while it holds a connection of that NQN it answers EALREADY without
 * asking anyone, and where it succeeds it makes devices. docs/decisions/0015.
 */
export class PortalProbe {
  readonly #host: HostIdentity;
  readonly #limitMs: number;

  /** @param limitMs for the whole conversation */
  constructor(host: HostIdentity, limitMs = 5_000) {
    this.#host = host;
    this.#limitMs = limitMs;
  }

  /** Never throws for what the peer does; rejects with the signal's reason. */
  async ask(nqn: string, portal: Portal, signal: AbortSignal): Promise<Standing> {
    signal.throwIfAborted();
    const limit = AbortSignal.timeout(this.#limitMs);
    try {
      return await this.#converse(nqn, portal, AbortSignal.any([signal, limit]));
    } catch (error) {
      signal.throwIfAborted();
      const what = limit.aborted ? `no answer within ${this.#limitMs} ms` : (errno(error) ?? String(error));
      return { state: 'away', reason: `${portalText(portal)}: ${what}` };
    }
  }

  async #converse(nqn: string, portal: Portal, signal: AbortSignal): Promise<Standing> {
    const socket = connect({ host: portal.address, port: portal.port });
    try {
      const replies = new Replies(socket, signal);
      socket.write(initializeRequest());
      const first = await replies.next();
      if (first.kind !== 'initialized') return unclear(portal, first);
      socket.write(connectRequest(nqn, this.#host));
      return standingOf(nqn, portal, this.#host, await replies.next());
    } finally {
      socket.destroy();
    }
  }
}

function standingOf(nqn: string, portal: Portal, host: HostIdentity, reply: Reply): Standing {
  if (reply.kind !== 'completed') return unclear(portal, reply);
  switch (reply.status) {
    case STATUS.success:
      return { state: 'exported' };
    case STATUS.connectInvalidParameters:
      return {
        state: 'refused',
        why: 'unknown',
        reason: `${portalText(portal)} has no subsystem ${nqn}; it was unpublished, or published anew since`,
      };
    case STATUS.connectInvalidHost:
      return {
        state: 'refused',
        why: 'not-allowed',
        reason: `${portalText(portal)} does not allow the host ${host.nqn} to use ${nqn}; check its allowed hosts`,
      };
    default:
      return unclear(portal, reply);
  }
}

const unclear = (portal: Portal, reply: Reply): Standing => ({
  state: 'away',
  reason: `${portalText(portal)} answered ${JSON.stringify(reply)}, which says neither yes nor no`,
});

/** The peer's PDUs, one after the other. */
class Replies {
  readonly #signal: AbortSignal;
  #received: Uint8Array = new Uint8Array();
  #failure: unknown;
  #wake: () => void = () => undefined;

  constructor(socket: Socket, signal: AbortSignal) {
    this.#signal = signal;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    const fail = (error: unknown) => {
      this.#failure ??= error;
      this.#wake();
    };
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the connection was closed')));
    signal.addEventListener('abort', () => fail(signal.reason), { once: true });
  }

  /** @throws what ended the connection, or RangeError */
  async next(): Promise<Reply> {
    for (;;) {
      const taken = takeReply(this.#received);
      if (taken) {
        this.#received = taken.rest;
        return taken.reply;
      }
      this.#signal.throwIfAborted();
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
