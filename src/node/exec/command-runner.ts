/** Runs programs of the system. Arguments are passed as they are, never through a shell. */
export interface CommandRunner {
  /**
   * Resolves with whatever exit code the program gave; only a program that could not be run to its end throws.
   * A program has ended when it exited and nobody holds its standard output or error any more.
   * @throws NodeError `timeout` at the time limit or the signal: the whole process group is killed first ·
   * `unsupported` the program is not installed (the message names it and the package) · `permission` it may not
   * be executed · `protocol` it printed more than can be kept, and was killed · `unavailable` it could not be
   * started, or somebody else killed it (`uncertain`)
   */
  run(argv: readonly [string, ...string[]], options: RunOptions): Promise<CommandResult>;
}

export interface RunOptions {
  readonly signal: AbortSignal;
  /** ms until the process group is killed. Default 60,000; mkfs on large disks asks for more. */
  readonly timeoutMs?: number;
  /** Written to the program's standard input, which is empty otherwise. Secrets go here, never into argv. */
  readonly stdin?: Uint8Array;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}
