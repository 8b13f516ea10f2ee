import type { Logger } from './core/observe/logger.ts';
import type { Settings } from './settings.ts';

/**
 * Warns of ports that volumes share, on kernels that pay for it. When the appliance reboots, the first export to come
 * back opens the port, and refuses those who ask for another one there. Since 6.10 a refusal is final
 * (nvmf_should_reconnect): the device is removed, with its mounts.
 * @param appliances the settings as each appliance has them
 * @param kernel as uname has it, such as `6.12.95-amd64`
 */
export function warnOfSharedPorts(appliances: readonly Settings[], kernel: string, logger: Logger): void {
  if (!givesUpAtRefusal(kernel)) return;
  for (const { RDS_NAME: appliance, RDS_NVME_PORTS: ports } of appliances) {
    if (ports.mode !== 'shared') continue;
    logger.warn(
      { appliance, port: ports.port, kernel },
      'volumes share an NVMe/TCP port: with this kernel a reboot of the appliance may cost their mounts; ' +
        'a range in RDS_NVME_PORTS gives each a port of its own',
    );
  }
}

/** One whose version cannot be read is taken for a new one. */
function givesUpAtRefusal(kernel: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(kernel) ?? [];
  if (major === undefined || minor === undefined) return true;
  return Number(major) > 6 || (Number(major) === 6 && Number(minor) >= 10);
}
