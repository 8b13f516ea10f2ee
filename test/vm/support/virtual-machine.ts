import { resolve } from 'node:path';
import { KERNEL_VARIABLES } from '../rig/kernel.ts';
import type { Remote } from './remote/remote.ts';

const INSTALL_MS = 60_000;
const BOOT_MS = 180_000;
const ROOT_INIT = resolve('test/vm/support/virtual-machine-root.sh');

/** Puts a root file system on a raw block volume, as an importer of images does. */
export async function install(guest: Remote, device: string): Promise<void> {
  const script = [
    'root=$(mktemp -d) && mkdir $root/bin $root/dev $root/proc $root/sys $root/boots',
    'cp /bin/busybox $root/bin/ && cp "$2" $root/init && chmod 755 $root/init',
    'mkfs.ext4 -q -F -d $root "$1"',
  ];
  const done = await guest.within(
    INSTALL_MS,
    'run',
    ['sh', '-ec', script.join(' && '), 'sh', device, ROOT_INIT],
    INSTALL_MS,
  );
  if (done.exitCode !== 0) throw new Error(`no root file system on ${device}: ${done.said}`);
}

/**
 * Boots a virtual machine on a guest, with a volume as its only disk, and waits until it has gone down. KVM in an emulated
 * machine: emulation inside of emulation is twenty times slower.
 * @returns what it said on its console
 */
export async function bootFrom(guest: Remote, device: string): Promise<string> {
  const { image, initramfs } = kernel();
  const command = [
    ...['qemu-system-x86_64', '-accel', 'kvm', '-M', 'pc', '-cpu', 'host', '-m', '192M'],
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
    ...['-drive', `file=${device},format=raw,if=virtio,cache=none`],
    ...['-kernel', image, '-initrd', initramfs, '-append', 'console=ttyS0 quiet panic=-1 mitigations=off'],
  ];
  return (await guest.within(BOOT_MS, 'run', command, BOOT_MS)).said;
}

function kernel() {
  const [image, initramfs] = KERNEL_VARIABLES.map((name) => process.env[name]);
  if (image && initramfs) return { image, initramfs };
  throw new Error(`${KERNEL_VARIABLES.join(' and ')} are absent: scenarios run by make e2e-vm`);
}
