import { hostname } from 'node:os';
import { readConfig } from '../config.ts';
import { type Clock, SystemClock } from '../core/clock.ts';
import { clusterSource } from '../kubernetes/cluster-source.ts';
import type { Settings } from '../settings.ts';

export const DRAIN_HELP = `rose-csi drain: for the preStop hook of a node plugin

Where the node is being drained, waits until no volume of the driver is mounted on it any more, for DRAIN_SECONDS at
most: kubelet cannot unmount without the plugin. Otherwise, as in an update of the plugin, it ends at once. Takes the
settings of serve; its service account may get nodes, or it ends at once.
`;

export interface DrainSurroundings {
  /** Whether the node is to be emptied. @throws where that cannot be found out */
  readonly isDraining: (signal: AbortSignal) => Promise<boolean>;
  /** Mount points on this node. */
  readonly mountPoints: () => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly out: (line: string) => void;
}

const LOOK_MS = 500;
const ASK_MS = 5_000;

/** Where kubelet stages what a driver mounts, and every driver's block devices (pkg/volume/csi). */
export const isOurs = (mountPoint: string, driver: string): boolean =>
  mountPoint.includes(`/kubernetes.io/csi/${driver}/`) ||
  mountPoint.includes('/kubernetes.io/csi/volumeDevices/');

/** @returns whether nothing of the driver is mounted any more, or nothing had to be waited for */
export async function drain(
  { isDraining, mountPoints, clock, out }: DrainSurroundings,
  driver: string,
  limitMs: number,
  stop: AbortSignal,
): Promise<boolean> {
  const draining = await isDraining(AbortSignal.any([stop, AbortSignal.timeout(ASK_MS)])).catch(
    (error: unknown) => {
      out(
        `cannot tell whether this node is being drained: ${error instanceof Error ? error.message : error}`,
      );
      return false;
    },
  );
  if (!draining) return true;
  const until = clock.monotonic() + limitMs;
  for (;;) {
    const left = (await mountPoints()).filter((path) => isOurs(path, driver));
    if (left.length === 0) return true;
    if (clock.monotonic() >= until || stop.aborted) {
      out(`${left.length} volumes are still mounted, such as ${left[0]}`);
      return false;
    }
    await clock.sleep(LOOK_MS, stop).catch(() => undefined);
  }
}

/** On this machine. */
export async function drainHere(
  environment: Readonly<Record<string, string | undefined>>,
  flags: readonly string[],
  out: (line: string) => void,
  stop: AbortSignal,
): Promise<number> {
  const settings = readConfig({ ...environment, NODE_NAME: environment['NODE_NAME'] || hostname() }, flags);
  const { MountTable } = await import('../node/mounts/mount-table.ts');
  const mounts = new MountTable('/proc');
  const surroundings = {
    isDraining: (signal: AbortSignal) => askNode(settings, signal),
    mountPoints: async () => (await mounts.own()).map(({ mountPoint }) => mountPoint),
    clock: new SystemClock(),
    out,
  };
  const done = await drain(surroundings, settings.DRIVER_NAME, settings.DRAIN_SECONDS * 1000, stop);
  return done ? 0 : 1;
}

async function askNode(settings: Settings, signal: AbortSignal): Promise<boolean> {
  const { NodeDraining } = await import('../kubernetes/node-draining.ts');
  return new NodeDraining(clusterSource(settings)).ask(settings.NODE_NAME, signal);
}
