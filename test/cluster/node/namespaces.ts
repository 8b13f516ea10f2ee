import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { run } from '../../vm/rig/run-program.ts';

/** The namespaces of a node, by the process outside of them that keeps them; with it, everything in them ends. */
export class Namespaces {
  constructor(readonly pid: number) {}

  /** A command line that runs a program in them. */
  command(...argv: readonly string[]): [string, ...string[]] {
    const { pid } = this;
    return [
      'nsenter',
      `--mount=/proc/${pid}/ns/mnt`,
      `--net=/proc/${pid}/ns/net`,
      `--uts=/proc/${pid}/ns/uts`,
      // The keeper itself is outside.
      `--pid=/proc/${pid}/ns/pid_for_children`,
      '--',
      ...argv,
    ];
  }

  /** @throws Error with what the program said */
  run(...argv: readonly string[]): Promise<string> {
    return run(...this.command(...argv));
  }

  /** The processes of the node whose program has this name; their numbers are the node's. */
  processes(program: string): number[] {
    const commandOf = (pid: number) => this.told(pid, 'cmdline').split('\0')[0] ?? '';
    return this.pids().filter((pid) => basename(commandOf(pid)) === program);
  }

  /** The processes of a pod's containers; not the one that keeps its namespaces. @param uid the pod's */
  processesOf(uid: string): number[] {
    const isKeeper = (pid: number) => this.told(pid, 'cmdline').startsWith('/bin/sleep\0');
    return this.pids().filter((pid) => this.told(pid, 'cgroup').includes(uid) && !isKeeper(pid));
  }

  /** Resident memory of a process, MiB. */
  residentMiB(pid: number): number {
    return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(this.told(pid, 'status'))?.[1]) / 1024);
  }

  private pids(): number[] {
    return readdirSync(this.path('/proc')).map(Number).filter(Number.isInteger);
  }

  /** What the kernel tells of a process; nothing of one that has ended. */
  private told(pid: number, file: string): string {
    try {
      return readFileSync(this.path(`/proc/${pid}/${file}`), 'utf8');
    } catch {
      return '';
    }
  }

  async mounts(): Promise<string[]> {
    return (await this.run('cat', '/proc/self/mountinfo')).trim().split('\n');
  }

  /** A file of the node, as seen from outside. */
  path(inside: string): string {
    return `/proc/${this.pid}/root${inside}`;
  }
}

/** Whether this process is the one that was started with this argument: numbers are used again. */
export function isProcessOf(pid: number, argument: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(argument);
  } catch {
    return false;
  }
}
