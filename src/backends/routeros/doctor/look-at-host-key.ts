import { Client, type ServerHostKeyAlgorithm } from 'ssh2';
import { ALGORITHMS } from '../ssh/attempt.ts';
import { connectFailure } from '../ssh/ssh-failure.ts';

/**
 * The host key that an appliance shows, in SSH's wire format. Nothing else is told to it, no name and no password.
 * @param algorithms which types of keys to ask for
 * @throws SshFailure
 */
export function lookAtHostKey(
  { address, port }: { readonly address: string; readonly port: number },
  algorithms: ServerHostKeyAlgorithm[] | undefined,
  timeoutMs: number,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const client = new Client();
  client.on('error', (error) => reject(connectFailure(error, '')));
  client.on('close', () => reject(connectFailure(new Error('closed before it showed its key'), '')));
  client.connect({
    host: address,
    port,
    username: 'nobody',
    readyTimeout: timeoutMs,
    algorithms: algorithms ? { ...ALGORITHMS, serverHostKey: algorithms } : ALGORITHMS,
    hostVerifier: (shown: Buffer) => {
      resolve(shown);
      return false;
    },
  });
  return promise.finally(() => client.destroy());
}
