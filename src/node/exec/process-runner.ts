import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/observe/logger.ts';
import { inSpan } from '../../core/observe/spans.ts';
import { NodeError } from '../node-error.ts';
import type { CommandResult, CommandRunner, RunOptions } from './command-runner.ts';
import { errno } from './errno.ts';
import { readOutput } from './output.ts';

const DEFAULT_TIMEOUT_MS = 60_000;
/** How long a killed process may take to go; one in D state (waiting for a dead device) does not go at all. */
const KILL_WAIT_MS = 2_000;
const OUTPUT_LIMIT_BYTES = 1024 * 1024;
/** Nothing of the driver's own environment reaches a program: it holds secrets, and `LC_ALL` decides messages. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  // Device-mapper would wait for the host's udev, which cannot answer into a container: it makes its nodes itself then.
  DM_DISABLE_UDEV: '1',
};
/** Debian's packages, for the remedy in the message. */
const PACKAGES: readonly (readonly [RegExp, string])[] = [
  [/^(mkfs\.ext\d|resize2fs|tune2fs|dumpe2fs|e2fsck)$/, 'e2fsprogs'],
  [/^(mkfs\.xfs|xfs_\w+)$/, 'xfsprogs'],
  [/^(mkfs\.btrfs|btrfs)$/, 'btrfs-progs'],
  [/^(losetup|u?mount)$/, 'mount'],
  [/^cryptsetup$/, 'cryptsetup-bin'],
  [/^(blkid|blockdev|fsfreeze|wipefs)$/, 'util-linux'],
];

type Argv = readonly [string, ...string[]];
type Child = Bun.Subprocess<Uint8Array | 'ignore', 'pipe', 'pipe'>;

/**
 * Runs programs as children that lead a session of their own, so that a kill reaches their children too. A
 * process that cannot die is logged and left behind: waiting for it would hang the driver with it.
 */
export class ProcessRunner implements CommandRunner {
  readonly #logger: Logger;
  readonly #clock: Clock;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  async run(argv: Argv, options: RunOptions): Promise<CommandResult> {
    const [program] = argv;
    if (options.signal.aborted) throw cancelled(program, options.signal);
    // Of the arguments nothing: what a trace may show is decided by whoever collects it.
    return inSpan(`run ${program}`, { 'process.executable.name': program }, async (span) => {
      const result = await this.#run(argv, options);
      span.setAttribute('process.exit.code', result.exitCode);
      return result;
    });
  }

  async #run(argv: Argv, options: RunOptions): Promise<CommandResult> {
    const [program, ...args] = argv;
    const startedAt = this.#clock.monotonic();
    const child = spawn(argv, options.stdin);
    try {
      return await this.#finish(program, child, options);
    } finally {
      const durationMs = Math.round(this.#clock.monotonic() - startedAt);
      this.#logger.debug({ program, args, durationMs, exitCode: child.exitCode }, 'command ended');
    }
  }

  async #finish(program: string, child: Child, options: RunOptions): Promise<CommandResult> {
    const done = new AbortController();
    try {
      const [exitCode, stdout, stderr] = await Promise.race([
        Promise.all([
          child.exited,
          readOutput(child.stdout, OUTPUT_LIMIT_BYTES, done.signal),
          readOutput(child.stderr, OUTPUT_LIMIT_BYTES, done.signal),
        ]),
        this.#timeLimit(program, options, done.signal),
      ]);
      if (child.signalCode !== null) throw killedByOthers(program, child.signalCode);
      return { exitCode, stdout, stderr };
    } catch (error) {
      await this.#kill(program, child);
      throw error instanceof NodeError && error.kind === 'protocol' ? about(program, error) : error;
    } finally {
      done.abort();
    }
  }

  async #timeLimit(program: string, options: RunOptions, done: AbortSignal): Promise<never> {
    const limitMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    try {
      await this.#clock.sleep(limitMs, AbortSignal.any([options.signal, done]));
    } catch {
      throw cancelled(program, options.signal);
    }
    throw new NodeError('timeout', `${program} did not end within ${limitMs} ms and was killed`, {
      uncertain: true,
    });
  }

  async #kill(program: string, child: Child): Promise<void> {
    killGroup(child.pid);
    const waited = new AbortController();
    const stuck = this.#clock.sleep(KILL_WAIT_MS, waited.signal).then(
      () => true,
      () => false,
    );
    if (await Promise.race([child.exited.then(() => false), stuck])) {
      child.unref();
      this.#logger.error(
        { program, pid: child.pid },
        'killed command does not end, probably it waits for a device; it is left behind',
      );
    }
    waited.abort();
  }
}

function spawn([program, ...args]: Argv, stdin: Uint8Array | undefined): Child {
  try {
    return Bun.spawn([program, ...args], {
      cwd: '/',
      env: ENVIRONMENT,
      stdin: stdin ?? 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      detached: true,
    });
  } catch (error) {
    throw notStarted(program, error);
  }
}

/** The negative id means the group (kill(2)); ESRCH: all of it is gone already. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if (errno(error) !== 'ESRCH') throw error;
  }
}

function notStarted(program: string, cause: unknown): NodeError {
  switch (errno(cause)) {
    case 'ENOENT': {
      const owner = PACKAGES.find(([names]) => names.test(program))?.[1] ?? program;
      return new NodeError('unsupported', `${program} is not installed; install the package ${owner}`, {
        cause,
      });
    }
    case 'EACCES':
      return new NodeError('permission', `${program} may not be executed; check its mode and mount`, {
        cause,
      });
    default:
      return new NodeError('unavailable', `${program} could not be started: ${String(cause)}`, { cause });
  }
}

const cancelled = (program: string, signal: AbortSignal): NodeError =>
  new NodeError('timeout', `${program} was cancelled`, { uncertain: true, cause: signal.reason });

const killedByOthers = (program: string, signal: string | number): NodeError =>
  new NodeError('unavailable', `${program} was killed by ${signal}, not by the driver; is memory short?`, {
    uncertain: true,
  });

const about = (program: string, error: NodeError): NodeError =>
  new NodeError(error.kind, `${program} ${error.message}`, { uncertain: true, cause: error });
