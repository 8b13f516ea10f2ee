import { type CallContext, detachedContext } from '../../../src/core/call-context.ts';
import { SystemClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/observe/logger.ts';
import { BlockDevices } from '../../../src/node/devices/block-devices.ts';
import { DeviceUsage } from '../../../src/node/devices/device-usage.ts';
import { ProcessRunner } from '../../../src/node/exec/process-runner.ts';
import { MountTable } from '../../../src/node/mounts/mount-table.ts';
import { Mounter } from '../../../src/node/mounts/mounter.ts';

export const ROOTS = { sys: '/sys', dev: '/dev' };

/** The node's floor over this machine's own kernel. */
export function realNode() {
  const clock = new SystemClock();
  const runner = new ProcessRunner(silentLogger, clock);
  const table = new MountTable('/proc');
  const devices = new BlockDevices(ROOTS, runner);
  return {
    clock,
    runner,
    table,
    devices,
    mounter: new Mounter(runner, table),
    usage: new DeviceUsage(table, devices),
  };
}

/** A context with a deadline, ms. */
export const within = (ms: number): CallContext => detachedContext(AbortSignal.timeout(ms));
