import { type CallContext, detachedContext } from '../../../src/core/call-context.ts';
import { SystemClock } from '../../../src/core/clock.ts';
import { SystemDeviceFiles } from '../../../src/node/devices/device-files.ts';
import { DEFAULT_CONNECTION_OPTIONS } from '../../../src/node/transports/nvme/connection-options.ts';
import { KernelFabrics } from '../../../src/node/transports/nvme/fabrics-device.ts';
import { derivedIdentity } from '../../../src/node/transports/nvme/host-identity.ts';
import { KernelLog } from '../../../src/node/transports/nvme/kernel-log.ts';
import { NvmeTransport } from '../../../src/node/transports/nvme/nvme-transport.ts';
import { PortalProbe } from '../../../src/node/transports/nvme/portal-probe.ts';
import { realNode } from '../../host/support/node.ts';
import { NQNS } from './appliance.ts';

/** The transport alone, over the guest's kernel. */
export function newTransport() {
  const host = derivedIdentity('vm-transport');
  const transport = new NvmeTransport({
    ...{ nqns: NQNS, sys: '/sys', devices: realNode().devices, host },
    files: new SystemDeviceFiles(),
    clock: new SystemClock(),
    fabrics: new KernelFabrics('/dev/nvme-fabrics'),
    probe: new PortalProbe(host),
    log: new KernelLog('/dev/kmsg'),
    options: DEFAULT_CONNECTION_OPTIONS,
  });
  return { transport, host };
}

export const within = (ms = 60_000): CallContext => detachedContext(AbortSignal.timeout(ms));
