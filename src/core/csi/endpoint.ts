import { lstat, stat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, isAbsolute } from 'node:path';

/** unix(7): `sun_path` holds 108 bytes, the last one is NUL. */
const SOCKET_PATH_MAX_BYTES = 107;
/** A local listener answers at once or never. */
const CONNECT_TIMEOUT_MS = 1000;

/**
 * The socket path of an endpoint: `unix:///path`, `unix:/path` or `/path`.
 * @throws RangeError that shows the endpoint and what is wrong with it
 */
export function socketPath(endpoint: string): string {
  const path = endpoint.replace(/^unix:(?:\/\/)?/, '');
  const fault = pathFault(path);
  if (fault) {
    throw new RangeError(
      `CSI endpoint ${JSON.stringify(endpoint.slice(0, 256))} ${fault}; give unix:///path/csi.sock`,
    );
  }
  return path;
}

function pathFault(path: string): string | undefined {
  if (path.includes('\0')) return 'holds a NUL character';
  if (!isAbsolute(path)) return 'is not an absolute path to a unix socket';
  if (path.endsWith('/')) return 'is a folder, not a socket';
  const bytes = Buffer.byteLength(path);
  if (bytes <= SOCKET_PATH_MAX_BYTES) return undefined;
  return `has a path of ${bytes} bytes, more than the ${SOCKET_PATH_MAX_BYTES} that a socket may have`;
}

/**
 * Makes room for a socket: one that a killed process left behind is removed.
 * @throws Error that names the path: a missing folder, a live process's socket, or something that is no socket
 */
export async function claimSocketPath(path: string): Promise<void> {
  await requireFolder(dirname(path));
  const existing = await lstat(path).catch(absent);
  if (!existing) return;
  if (!existing.isSocket()) {
    throw new Error(`${path} exists and is not a socket; remove it, or choose another CSI endpoint`);
  }
  const found = await listener(path);
  if (found === 'live') {
    throw new Error(`${path} is in use by a running process; stop it, or choose another CSI endpoint`);
  }
  if (found === 'stale') await unlink(path).catch(absent);
}

/** grpc-js reports a failed bind on Bun without an errno, so the usual cause is looked for before. */
async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(absent);
  if (!found) throw new Error(`the folder ${folder} of the CSI endpoint does not exist; create or mount it`);
  if (!found.isDirectory()) throw new Error(`${folder}, the folder of the CSI endpoint, is not a folder`);
}

type Listener = 'live' | 'stale' | 'gone';

/** connect(2) on a unix socket: what its errors say about a listener. */
const MEANINGS: Readonly<Record<string, Listener>> = {
  ECONNREFUSED: 'stale',
  ENOENT: 'gone',
  EAGAIN: 'live',
};

/** Whether a process listens on a socket. @throws Error where that cannot be found out */
function listener(path: string): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.setTimeout(CONNECT_TIMEOUT_MS);
    const end = (settle: () => void) => {
      socket.destroy();
      settle();
    };
    socket.once('connect', () => end(() => resolve('live')));
    // Its queue is full: somebody listens, if slowly.
    socket.once('timeout', () => end(() => resolve('live')));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const found = MEANINGS[error.code ?? ''];
      const unclear = new Error(`cannot tell whether ${path} is in use: ${error.message}`, { cause: error });
      end(() => (found ? resolve(found) : reject(unclear)));
    });
  });
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
