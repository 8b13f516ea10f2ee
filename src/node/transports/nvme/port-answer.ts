import { connect } from 'node:net';

/**
 * Whether a host answers on a TCP port. A refusal is an answer, too: the way is there, and nothing is exported on that
 * port yet. Silence is none, nor is a network that this host has no route to. Where a router on the way says that there
 * is none, that passes for a refusal: Bun reports every failed connect as ECONNREFUSED (seen with 1.4.5).
 */
export async function answers(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return (await hasRoute(host, port)) && (await answersAtAll(host, port, timeoutMs));
}

/** Nothing is sent: to connect a UDP socket only chooses the route, and of that Bun tells the failure. */
async function hasRoute(hostname: string, port: number): Promise<boolean> {
  try {
    const socket = await Bun.udpSocket({ connect: { hostname, port } });
    socket.close();
    return true;
  } catch {
    return false;
  }
}

function answersAtAll(host: string, port: number, timeoutMs: number): Promise<boolean> {
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
