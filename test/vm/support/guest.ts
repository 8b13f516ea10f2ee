import { existsSync, readFileSync } from 'node:fs';

/** Scenarios make and break NVMe subsystems of the machine they run on. */
export function requireGuest(): void {
  if (existsSync('/out/guest.sh') && existsSync('/sys/kernel/config/nvmet')) return;
  throw new Error('scenarios run in a throw-away guest: make e2e-vm');
}

/** Such as `6.1`. */
export const kernelVersion = (): string =>
  /^\d+\.\d+/.exec(readFileSync('/proc/sys/kernel/osrelease', 'utf8'))?.[0] ?? '';

/** Whether that kernel takes a refusal at a reconnect as final, as those from about 6.10 do. */
export const givesUpAtRefusal = (): boolean => {
  const [major = 0, minor = 0] = kernelVersion().split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 10);
};

export const hasMultipath = (): boolean =>
  readFileSync('/sys/module/nvme_core/parameters/multipath', 'utf8').trim() === 'Y';
