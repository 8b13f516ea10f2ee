import type { Clock } from '../core/clock.ts';
import { NODE_CAPABILITIES } from '../core/csi/capabilities.ts';
import type { NodeHandlers } from '../core/csi/handlers.ts';
import type { Logger } from '../core/observe/logger.ts';
import type { NqnNaming } from '../core/storage/nqn.ts';
import type { NodeId } from '../core/storage/volume-id.ts';
import { BlockDevices } from './devices/block-devices.ts';
import { SystemDeviceFiles } from './devices/device-files.ts';
import { readBlockDevice } from './devices/device-reader.ts';
import { DeviceUsage } from './devices/device-usage.ts';
import { DeviceWriters } from './devices/device-writers.ts';
import { ProcessRunner } from './exec/process-runner.ts';
import { FILESYSTEMS } from './filesystems/filesystems.ts';
import { FormatIntents } from './filesystems/format-intent.ts';
import { Formatter } from './filesystems/formatter.ts';
import { Cryptsetup } from './luks/cryptsetup.ts';
import { Mappers } from './luks/mappers.ts';
import { observeAll } from './metrics/observe-all.ts';
import type { ObserveDevices } from './metrics/volume-metrics.ts';
import { MountTable } from './mounts/mount-table.ts';
import { Mounter } from './mounts/mounter.ts';
import { DeadEpochs } from './services/dead-epochs.ts';
import { Housekeeping } from './services/housekeeping.ts';
import type { NodeDeps } from './services/node-deps.ts';
import { nodeHandlers } from './services/node-service.ts';
import { StatfsReader } from './services/statfs-reader.ts';
import { LoopTransport } from './transports/loop-transport.ts';
import { KernelFabrics } from './transports/nvme/fabrics-device.ts';
import { hostIdentity } from './transports/nvme/host-identity.ts';
import { KernelLog } from './transports/nvme/kernel-log.ts';
import { NvmeTransport } from './transports/nvme/nvme-transport.ts';
import { PortalProbe } from './transports/nvme/portal-probe.ts';
import { Reconnections } from './transports/nvme/reconnections.ts';
import type { Transport } from './transports/transport.ts';

export interface NodeOptions {
  readonly nodeId: NodeId;
  /** The node's full name, which its NVMe host NQN is derived from where the host has none. */
  readonly nodeName: string;
  readonly maxVolumes: number;
  readonly topology: () => Promise<Readonly<Record<string, string>>>;
  /** Keeps the notes of formats in progress; must outlive the process. */
  readonly stateFolder: string;
  readonly nqns: NqnNaming;
  readonly clock: Clock;
  readonly logger: Logger;
}

const ROOTS = { sys: '/sys', dev: '/dev' };
/** Where nvme-cli and the boot of a diskless node keep the host's identity. */
const NVME_FOLDER = '/etc/nvme';
/** kubelet gives a CSI call 2 minutes; the kernel shows a new size within a second where it does at all. */
const GROWTH_WAIT_MS = 10_000;
const STATFS_LIMIT_MS = 5_000;

/** A node that can be served. */
export interface OpenNode {
  readonly handlers: NodeHandlers;
  readonly housekeeping: Housekeeping;
  readonly observe: ObserveDevices;
}

/**
 * The node service on the real system: this machine's kernel tables and programs. Every transport is there, whatever
 * modules are loaded: one that cannot attach says so when it is asked to, and can from then on that it is loaded.
 * @throws NodeError the host's NVMe identity cannot be read
 */
export async function openNode(options: NodeOptions): Promise<OpenNode> {
  const { nqns, clock, logger, stateFolder, nodeName, ...identity } = options;
  const runner = new ProcessRunner(logger, clock);
  const files = new SystemDeviceFiles();
  const mounts = new MountTable('/proc');
  const devices = new BlockDevices(ROOTS, runner, files);
  const usage = new DeviceUsage(mounts, devices);
  const writers = new DeviceWriters('/proc');
  const intents = new FormatIntents(`${stateFolder}/formats`);
  const host = await hostIdentity(NVME_FOLDER, nodeName);
  const transports: Transport[] = [
    new LoopTransport({ nqns, roots: ROOTS, runner, clock, files }),
    new NvmeTransport({
      ...{ nqns, sys: ROOTS.sys, devices, files, clock, host },
      fabrics: new KernelFabrics(`${ROOTS.dev}/nvme-fabrics`),
      probe: new PortalProbe(host),
      log: new KernelLog(`${ROOTS.dev}/kmsg`),
      reconnections: new Reconnections(`${ROOTS.dev}/kmsg`),
    }),
  ];
  const deps: NodeDeps = {
    ...identity,
    capabilities: NODE_CAPABILITIES.map(({ type }) => type),
    transports: new Map(transports.map((transport) => [transport.name, transport])),
    nqns,
    mounter: new Mounter(runner, mounts, files),
    mounts,
    devices,
    files,
    usage,
    deadEpochs: new DeadEpochs(clock),
    cryptsetup: new Cryptsetup(runner),
    mappers: new Mappers(ROOTS, devices),
    filesystems: FILESYSTEMS,
    formatter: new Formatter({ runner, readDevice: readBlockDevice, usage, writers, clock }),
    intents,
    readDevice: readBlockDevice,
    statfs: new StatfsReader(clock, STATFS_LIMIT_MS),
    runner,
    clock,
    growthWaitMs: GROWTH_WAIT_MS,
  };
  return {
    handlers: nodeHandlers(deps),
    housekeeping: new Housekeeping(deps, logger),
    observe: () => observeAll(transports, logger),
  };
}
