import { type CallContext, detachedContext } from '../../../src/core/call-context.ts';
import { SystemClock } from '../../../src/core/clock.ts';
import { DEFAULT_CONNECTION_OPTIONS } from '../../../src/core/storage/connection-options.ts';
import { SystemDeviceFiles } from '../../../src/node/devices/device-files.ts';
import type { NvmeExport } from '../../../src/node/transports/nvme/connections.ts';
import { KernelFabrics } from '../../../src/node/transports/nvme/fabrics-device.ts';
import { derivedIdentity } from '../../../src/node/transports/nvme/host-identity.ts';
import { KernelLog } from '../../../src/node/transports/nvme/kernel-log.ts';
import { NvmeTransport } from '../../../src/node/transports/nvme/nvme-transport.ts';
import { optionString } from '../../../src/node/transports/nvme/option-string.ts';
import { PortalProbe } from '../../../src/node/transports/nvme/portal-probe.ts';
import { Reconnections } from '../../../src/node/transports/nvme/reconnections.ts';
import { realNode } from '../../host/support/node.ts';
import { NQNS } from './appliance.ts';

/** The transport alone, over the guest's kernel. */
export function newTransport() {
  const host = derivedIdentity('vm-transport');
  const fabrics = new KernelFabrics('/dev/nvme-fabrics');
  const transport = new NvmeTransport({
    ...{ nqns: NQNS, sys: '/sys', devices: realNode().devices, host },
    files: new SystemDeviceFiles(),
    clock: new SystemClock(),
    fabrics,
    probe: new PortalProbe(host),
    log: new KernelLog('/dev/kmsg'),
    reconnections: new Reconnections('/dev/kmsg'),
  });
  /** The kernel's own connect, without anything of ours before it. */
  const connectRaw = ({ nqn, addresses: [address = ''], port }: NvmeExport) =>
    fabrics.connect(
      optionString(nqn, { address, port }, host, DEFAULT_CONNECTION_OPTIONS),
      AbortSignal.timeout(30_000),
    );
  return { transport, host, connectRaw };
}

export const within = (ms = 60_000): CallContext => detachedContext(AbortSignal.timeout(ms));
