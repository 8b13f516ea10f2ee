import { BackendError } from '../../../core/storage/backend-error.ts';
import { errnoOf } from '../failure.ts';

/** Makes a file at least so long, with all its blocks really set aside. */
export type Allocate = (path: string, bytes: bigint, signal: AbortSignal) => Promise<void>;

/** ms; setting blocks aside writes metadata only. */
const DEADLINE = 60_000;

/**
 * `fallocate -l` of util-linux, since Bun's `fs` has no fallocate(2).
 * @throws BackendError `exhausted` no space · `unsupported` no such program, or a file system that cannot
 */
export const fallocate =
  (program = 'fallocate'): Allocate =>
  async (path, bytes, signal) => {
    const { exitCode, stderr } = await run([program, '-l', String(bytes), path], signal);
    if (exitCode === 0) return;
    signal.throwIfAborted();
    if (/no space left/i.test(stderr)) {
      throw new BackendError('exhausted', `the data folder's file system is full: ${stderr.trim()}`);
    }
    if (/not supported/i.test(stderr)) {
      throw new BackendError('unsupported', `the data folder cannot hold thick volumes: ${stderr.trim()}`);
    }
    throw new BackendError('unavailable', `fallocate of ${path} ended with ${exitCode}: ${stderr.trim()}`);
  };

async function run(argv: string[], signal: AbortSignal): Promise<{ exitCode: number; stderr: string }> {
  try {
    const child = Bun.spawn(argv, {
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
      // Its messages are read: C says them in English.
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE)]),
    });
    const [exitCode, stderr] = await Promise.all([child.exited, child.stderr.text()]);
    return { exitCode, stderr };
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    throw new BackendError('unsupported', `thick volumes need the program ${argv[0]}; install util-linux`);
  }
}
