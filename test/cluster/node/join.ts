import { rmSync } from 'node:fs';
import { createConnection, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';

/**
 * Joins each connection to one with somebody else. Loopback and the node's own network are all that is ever asked of it.
 * @param from where it listens, and
 * @param to whom it asks: a path of a Unix socket, or `host:port`
 */
export function join(from: string, to: string): Server {
  if (from.startsWith('/')) rmSync(from, { force: true });
  return createServer({ allowHalfOpen: true }, (near) => meet(near, to)).listen(place(from));
}

function place(text: string): NetConnectOpts {
  if (text.startsWith('/')) return { path: text };
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}

function meet(near: Socket, to: string): void {
  const far = createConnection(place(to));
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.setNoDelay(true);
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
    one.pipe(other);
  }
}
