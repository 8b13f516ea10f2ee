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
import { MountTable } from './mounts/mount-table.ts';
import { Mounter } from './mounts/mounter.ts';
import { nodeHandlers } from './services/node-service.ts';
import { StatfsReader } from './services/statfs-reader.ts';
import { LoopTransport } from './transports/loop-transport.ts';

export interface NodeOptions {
  readonly nodeId: NodeId;
  readonly maxVolumes: number;
  readonly topology: Readonly<Record<string, string>>;
  /** Keeps the notes of formats in progress; must outlive the process. */
  readonly stateFolder: string;
  readonly nqns: NqnNaming;
  readonly clock: Clock;
  readonly logger: Logger;
}

const ROOTS = { sys: '/sys', dev: '/dev' };
/** kubelet gives a CSI call 2 minutes; the kernel shows a new size within a second where it does at all. */
const GROWTH_WAIT_MS = 10_000;
const STATFS_LIMIT_MS = 5_000;

/** The node service on the real system: this machine's kernel tables and programs. */
export function openNode(options: NodeOptions): NodeHandlers {
  const { nqns, clock, logger, stateFolder, ...identity } = options;
  const runner = new ProcessRunner(logger, clock);
  const files = new SystemDeviceFiles();
  const mounts = new MountTable('/proc');
  const devices = new BlockDevices(ROOTS, runner, files);
  const usage = new DeviceUsage(mounts, devices);
  const writers = new DeviceWriters('/proc');
  const intents = new FormatIntents(`${stateFolder}/formats`);
  const loop = new LoopTransport({ nqns, roots: ROOTS, runner, clock, files });
  return nodeHandlers({
    ...identity,
    capabilities: NODE_CAPABILITIES.map(({ type }) => type),
    transports: new Map([[loop.name, loop]]),
    nqns,
    mounter: new Mounter(runner, mounts, files),
    mounts,
    devices,
    files,
    usage,
    filesystems: FILESYSTEMS,
    formatter: new Formatter({ runner, readDevice: readBlockDevice, usage, writers, intents, clock }),
    intents,
    readDevice: readBlockDevice,
    statfs: new StatfsReader(clock, STATFS_LIMIT_MS),
    runner,
    clock,
    growthWaitMs: GROWTH_WAIT_MS,
  });
}
