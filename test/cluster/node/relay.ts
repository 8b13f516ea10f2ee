/**
 * `bun test/cluster/node/relay.ts FROM TO`: joins each connection to one with TO. Either is a path of a Unix socket, or
 * `host:port`; loopback and the node's own network are all that is ever asked of it.
 */
import { rmSync } from 'node:fs';
import { createConnection, createServer, type NetConnectOpts, type Socket } from 'node:net';

const [from = '', to = ''] = process.argv.slice(2);

function place(text: string): NetConnectOpts {
  if (text.startsWith('/')) return { path: text };
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}

function join(near: Socket): void {
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

if (from.startsWith('/')) rmSync(from, { force: true });
createServer({ allowHalfOpen: true }, join).listen(place(from));
