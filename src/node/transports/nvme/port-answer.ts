import { connect } from 'node:net';

/**
 * Whether a host answers on a TCP port. A refusal is an answer, too: the way is there, and nothing is exported on that
 * port yet. Silence and errors of the network are none.
 */
export function answers(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', (error) => end('code' in error && error.code === 'ECONNREFUSED'));
  });
}
