export const KERNELS = ['stable', 'backports'] as const;
export type KernelName = (typeof KERNELS)[number];

/** Seconds, with commas: for how long the storage is away. */
export const OUTAGES_VARIABLE = 'VM_OUTAGES';

/** One boot of a guest, or of several. */
export interface Scenario {
  /** Of its results: `test-results/vm/<kernel>/<name>/`. */
  readonly name: string;
  /** Below `scenarios/`. */
  readonly file: string;
  /** Left out on the newer kernel: what it proves is the driver's own doing, and costs minutes. */
  readonly once?: true;
  /** For `make soak` alone, or by name. */
  readonly soak?: true;
  /** Of `--short`: a volume's life, fencing, kills and the transport, in under five minutes on 2 cores. */
  readonly short?: true;
  readonly environment?: Readonly<Record<string, string>>;
  /** Added to the kernel's command line. */
  readonly kernelArguments?: readonly string[];
  /** Guests beside it that are nodes, each with an agent. */
  readonly nodes?: number;
}

/** In the order in which they begin, those with nodes before all others: the longest first, so that none is left alone at the end. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'virtual-machine', file: 'virtual-machine.vm.ts', nodes: 2 },
  { name: 'nodes', file: 'nodes.vm.ts', nodes: 2, short: true },
  { name: 'outage', file: 'outage.vm.ts' },
  { name: 'luks', file: 'luks.vm.ts', once: true },
  { name: 'many', file: 'many.vm.ts', once: true },
  { name: 'snapshot', file: 'snapshot.vm.ts' },
  { name: 'appliance', file: 'appliance.vm.ts' },
  { name: 'reboot', file: 'reboot.vm.ts' },
  { name: 'crash', file: 'crash.vm.ts', once: true, short: true },
  { name: 'fencing', file: 'fencing.vm.ts', short: true },
  { name: 'life', file: 'life.vm.ts', short: true },
  { name: 'stop-export', file: 'stop-export.vm.ts', once: true },
  { name: 'overhead', file: 'overhead.vm.ts', once: true, short: true },
  { name: 'transport', file: 'transport.vm.ts', short: true },
  {
    name: 'transport-without-multipath',
    file: 'transport.vm.ts',
    short: true,
    kernelArguments: ['nvme_core.multipath=N'],
  },
  { name: 'long-outage', file: 'outage.vm.ts', environment: { [OUTAGES_VARIABLE]: '120' }, soak: true },
];
