import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GuestWork } from './guest-script.ts';
import { KERNEL_VARIABLES } from './kernel.ts';
import { type Boot, type ExitCode, runInMachine, untilThere } from './machine.ts';
import { ALONE, hub, managementOf, type NetworkPlace, spoke } from './network.ts';

/** What the tests' guest finds its nodes by: their addresses, in order, with commas. */
export const NODES_VARIABLE = 'VM_NODES';
/** A node that was told to end does so by itself; past this it is killed. ms */
const GRACE_MS = 5_000;

export interface ClusterOptions {
  readonly boot: Omit<Boot, 'cables' | 'cpus'>;
  /** Of the first guest, where the tests run and the storage is. */
  readonly command: readonly string[];
  /** Of each node, which ends when the tests say so. */
  readonly nodeCommand: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly nodes: number;
}

const NODE_MEMORY = '1536M';
/** Six emulated CPUs on two real ones lost timers of newer kernels at boot. */
const NODE_CPUS = 1;

/**
 * Boots a guest and as many nodes beside it on private networks, runs one command in the first, and throws all of them
 * away. A node's results are in `node-<number>` of the first one's.
 */
export async function runInCluster(options: ClusterOptions): Promise<ExitCode> {
  const { boot, nodes } = options;
  const sockets = mkdtempSync(join(tmpdir(), 'rose-csi-cables-'));
  const numbers = Array.from({ length: nodes }, (_, index) => index + 1);
  const over = new AbortController();
  try {
    const place = nodes === 0 ? ALONE : hub(sockets, nodes);
    const [image, diskInitramfs] = KERNEL_VARIABLES;
    const environment = {
      ...options.environment,
      [NODES_VARIABLE]: numbers.map(managementOf).join(','),
      [image]: boot.kernel.image,
      [diskInitramfs]: boot.kernel.diskInitramfs,
    };
    const first = runInMachine(
      { ...boot, cpus: 2, cables: place.cables },
      workOf('appliance', place, options.command, { ...options, environment }),
    );
    // One that does not boot fails the tests, which wait for it.
    const others = numbers.map(async (number) => {
      const { cables, ...at } = spoke(sockets, number);
      await Promise.all(cables.map(({ socket }) => untilThere(socket)));
      const signal = AbortSignal.any([boot.signal, over.signal]);
      const out = join(boot.out, `node-${number}`);
      return runInMachine(
        { ...boot, signal, out, memory: NODE_MEMORY, cpus: NODE_CPUS, cables },
        workOf(`node-${number}`, { cables, ...at }, options.nodeCommand, options),
      );
    });
    const exitCode = await first;
    const killing = setTimeout(() => over.abort(), GRACE_MS);
    await Promise.allSettled(others);
    clearTimeout(killing);
    return exitCode;
  } finally {
    over.abort();
    rmSync(sockets, { recursive: true });
  }
}

const workOf = (
  hostname: string,
  { setUp }: NetworkPlace,
  command: readonly string[],
  { cwd, environment }: Pick<ClusterOptions, 'cwd' | 'environment'>,
): GuestWork => ({ hostname, setUp, command, cwd, environment });
