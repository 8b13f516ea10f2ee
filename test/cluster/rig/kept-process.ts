/** Between an end and the next start, ms: a program that cannot run at all must not take the machine. */
const PAUSE_MS = 200;
const GRACE_MS = 5_000;

/**
 * A program that is started again whenever it ends, as kubelet does it: the sidecars end by themselves when the driver's
 * socket goes away.
 */
export class KeptProcess {
  /** How often it had to be started again. */
  restarts = 0;
  private child: Bun.Subprocess;
  private stopping = false;
  /** Bun tells of a process that it was killed only once it has ended. */
  private dying = false;
  private readonly over: Promise<void>;

  /** @param log what it writes, of all its lives */
  constructor(
    private readonly command: readonly string[],
    private readonly log: string,
    private readonly env: Readonly<Record<string, string>> = {},
  ) {
    this.child = this.spawn();
    this.over = this.keep();
  }

  get pid(): number {
    return this.child.pid;
  }

  /** As a crash: at once, and whatever it was doing. It comes back. @returns whether it was alive */
  kill(): boolean {
    if (this.dying || this.child.killed || this.child.exitCode !== null) return false;
    this.dying = true;
    this.child.kill('SIGKILL');
    return true;
  }

  /** As if its machine stood still. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  /** For good. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.resume();
    this.child.kill('SIGTERM');
    const impatience = setTimeout(() => this.child.kill('SIGKILL'), GRACE_MS);
    await this.over;
    clearTimeout(impatience);
  }

  private spawn(): Bun.Subprocess {
    // Through a shell, which appends: Bun.spawn would begin the file anew.
    return Bun.spawn(['sh', '-c', 'exec "$@" >>"$LOG" 2>&1', 'sh', ...this.command], {
      env: { PATH: process.env['PATH'], LOG: this.log, ...this.env },
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'ignore',
    });
  }

  private async keep(): Promise<void> {
    for (;;) {
      await this.child.exited;
      if (this.stopping) return;
      await Bun.sleep(PAUSE_MS);
      if (this.stopping) return;
      this.restarts += 1;
      this.child = this.spawn();
      this.dying = false;
    }
  }
}
