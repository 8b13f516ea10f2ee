import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Packages } from './packages.ts';
import { run } from './run-program.ts';

/** What a guest boots. */
export interface Kernel {
  readonly image: string;
  readonly initramfs: string;
  /** For a virtual machine inside of a guest: boots from its disk, and has nothing else. */
  readonly diskInitramfs: string;
}

/** Where a guest finds the kernel that it runs, and the initramfs for virtual machines of its own. */
export const KERNEL_VARIABLES = ['VM_KERNEL', 'VM_DISK_INITRAMFS'] as const;

/** Debian's kernel for clouds: small, and with all of NVMe over TCP. */
const META = 'linux-image-cloud-amd64';
const BUSYBOX = '/bin/busybox';
/** With what they depend on; a scenario finds nothing else. */
const MODULES = [
  ...['virtio_pci', 'virtiofs', 'overlay', 'virtio_blk', 'virtio_rng', 'loop', 'ext4', 'xfs', 'btrfs'],
  ...['configfs', 'nvmet', 'nvmet-tcp', 'nvme-tcp', 'crc32c_generic', 'crc32c-intel', 'dm-mod', 'sch_netem'],
  ...['virtio_net', 'kvm-amd'],
  ...['dm-crypt', 'aes_generic', 'aesni-intel', 'xts', 'sha256_generic', 'algif_skcipher'],
];

interface Contents {
  readonly init: string;
  readonly modules: readonly string[];
}

const GUEST: Contents = { init: join(import.meta.dir, 'init.sh'), modules: MODULES };
const FROM_DISK: Contents = {
  init: join(import.meta.dir, 'disk-init.sh'),
  modules: ['virtio_pci', 'virtio_blk', 'ext4'],
};

/**
 * Unpacks a kernel and packs an initramfs with the modules that scenarios need, once for what they are.
 * @param place below it, each kind of initramfs has a folder
 * @param backports the kernel of Debian's backports instead of the release's own
 */
export async function prepareKernel(place: string, packages: Packages, backports: boolean): Promise<Kernel> {
  const contents = [GUEST, FROM_DISK].map(({ init, modules }) => `${readFileSync(init, 'utf8')} ${modules}`);
  const folder = join(place, Bun.hash(contents.join(' ')).toString(16));
  const kernel = {
    image: join(folder, 'vmlinuz'),
    initramfs: join(folder, 'initramfs.gz'),
    diskInitramfs: join(folder, 'disk-initramfs.gz'),
  };
  if (existsSync(kernel.initramfs)) return kernel;
  rmSync(place, { recursive: true, force: true });
  const unpacked = join(folder, 'unpacked');
  const name = await packages.behind(META, /linux-image-\d[^\s]*/, backports);
  await packages.unpack(name, unpacked, backports);
  const [version = ''] = readdirSync(join(unpacked, 'lib', 'modules'));
  cpSync(join(unpacked, 'boot', `vmlinuz-${version}`), kernel.image);
  await run('sh', '-c', 'find "$1" -name "*.ko.xz" -print0 | xargs -0 -r unxz', 'sh', unpacked);
  await run(BUSYBOX, 'depmod', '-b', unpacked, version);
  await pack(FROM_DISK, kernel.diskInitramfs, unpacked, version);
  // Last: where it is, all is there.
  await pack(GUEST, kernel.initramfs, unpacked, version);
  rmSync(unpacked, { recursive: true });
  return kernel;
}

async function pack(contents: Contents, archive: string, unpacked: string, version: string): Promise<void> {
  const root = `${archive}.root`;
  await layOut(contents, root, unpacked, version);
  const script = `cd "$1" && find . | ${BUSYBOX} cpio -o -H newc 2>/dev/null | gzip -1 > "$2"`;
  await run('sh', '-c', script, 'sh', root, `${archive}.new`);
  renameSync(`${archive}.new`, archive);
  rmSync(root, { recursive: true });
}

async function layOut(
  { init, modules }: Contents,
  root: string,
  unpacked: string,
  version: string,
): Promise<void> {
  const below = join('lib', 'modules', version);
  for (const folder of ['bin', 'dev', 'proc', 'sys', 'root', below])
    mkdirSync(join(root, folder), { recursive: true });
  cpSync(BUSYBOX, join(root, 'bin', 'busybox'));
  cpSync(init, join(root, 'init'));
  chmodSync(join(root, 'init'), 0o755);
  writeFileSync(join(root, 'modules'), modules.join(' '));
  const dependencies = readFileSync(join(unpacked, below, 'modules.dep'), 'utf8').split('\n');
  for (const file of new Set(modules.flatMap((module) => filesOf(module, dependencies)))) {
    // Older depmods write absolute paths.
    const path = file.startsWith('/') ? file.slice(1) : join(below, file);
    mkdirSync(dirname(join(root, path)), { recursive: true });
    cpSync(join(unpacked, path), join(root, path));
  }
  for (const name of ['modules.builtin', 'modules.order']) {
    cpSync(join(unpacked, below, name), join(root, below, name));
  }
  await run(BUSYBOX, 'depmod', '-b', root, version);
}

/** The module's own file and those that it depends on; none where it is built in. */
function filesOf(module: string, dependencies: readonly string[]): string[] {
  const file = new RegExp(`/${module.replaceAll(/[-_]/g, '[-_]')}\\.ko:`);
  const line = dependencies.find((candidate) => file.test(candidate)) ?? '';
  return line.split(/[:\s]+/).filter((word) => word !== '');
}
