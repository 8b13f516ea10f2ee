import type { Host } from './host.ts';

/** A process that lives in a mount namespace of its own, as a container does, until the end of the test. */
export interface Neighbour {
  readonly pid: number;
  /** Ends the process and with it its namespace. */
  end(): Promise<void>;
}

/**
 * Starts a shell in a private mount namespace, runs the commands there and keeps it alive.
 * @param script for sh; `$1` … are the arguments
 */
export async function neighbour(host: Host, script: string, ...args: string[]): Promise<Neighbour> {
  const body = `set -e; ${script}; echo ready; exec cat`;
  const child = Bun.spawn(
    ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', body, 'sh', ...args],
    {
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'inherit',
    },
  );
  const end = async () => {
    await child.stdin.end();
    await child.exited;
  };
  host.atEnd(end);
  const { value } = await child.stdout.getReader().read();
  const said = new TextDecoder().decode(value);
  if (said !== 'ready\n') throw new Error(`the neighbour's commands failed, it said '${said}'`);
  return { pid: child.pid, end };
}
