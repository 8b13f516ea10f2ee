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
}

/** Debian's kernel for clouds: small, and with all of NVMe over TCP. */
const META = 'linux-image-cloud-amd64';
const BUSYBOX = '/bin/busybox';
const INIT = join(import.meta.dir, 'init.sh');
/** With what they depend on; a scenario finds nothing else. */
const MODULES = [
  ...['virtio_pci', 'virtiofs', 'overlay', 'virtio_blk', 'virtio_rng', 'loop', 'ext4', 'xfs', 'btrfs'],
  ...['configfs', 'nvmet', 'nvmet-tcp', 'nvme-tcp', 'crc32c_generic', 'crc32c-intel', 'dm-mod', 'sch_netem'],
  ...['virtio_net', 'kvm-amd'],
];

/**
 * Unpacks a kernel and packs an initramfs with the modules that scenarios need, once for what they are.
 * @param place below it, each kind of initramfs has a folder
 * @param backports the kernel of Debian's backports instead of the release's own
 */
export async function prepareKernel(place: string, packages: Packages, backports: boolean): Promise<Kernel> {
  const contents = `${readFileSync(INIT, 'utf8')} ${MODULES.join(' ')}`;
  const folder = join(place, Bun.hash(contents).toString(16));
  const kernel = { image: join(folder, 'vmlinuz'), initramfs: join(folder, 'initramfs.gz') };
  if (existsSync(kernel.initramfs)) return kernel;
  rmSync(place, { recursive: true, force: true });
  const unpacked = join(folder, 'unpacked');
  const name = await packages.behind(META, /linux-image-\d[^\s]*/, backports);
  await packages.unpack(name, unpacked, backports);
  const [version = ''] = readdirSync(join(unpacked, 'lib', 'modules'));
  cpSync(join(unpacked, 'boot', `vmlinuz-${version}`), kernel.image);
  await run('sh', '-c', 'find "$1" -name "*.ko.xz" -print0 | xargs -0 -r unxz', 'sh', unpacked);
  await run(BUSYBOX, 'depmod', '-b', unpacked, version);
  const root = join(folder, 'root');
  await layOut(root, unpacked, version);
  const packed = `${kernel.initramfs}.new`;
  const pack = `cd "$1" && find . | ${BUSYBOX} cpio -o -H newc 2>/dev/null | gzip -1 > "$2"`;
  await run('sh', '-c', pack, 'sh', root, packed);
  renameSync(packed, kernel.initramfs);
  rmSync(root, { recursive: true });
  rmSync(unpacked, { recursive: true });
  return kernel;
}

async function layOut(root: string, unpacked: string, version: string): Promise<void> {
  const modules = join('lib', 'modules', version);
  for (const folder of ['bin', 'dev', 'proc', 'sys', modules])
    mkdirSync(join(root, folder), { recursive: true });
  cpSync(BUSYBOX, join(root, 'bin', 'busybox'));
  cpSync(INIT, join(root, 'init'));
  chmodSync(join(root, 'init'), 0o755);
  writeFileSync(join(root, 'modules'), MODULES.join(' '));
  const dependencies = readFileSync(join(unpacked, modules, 'modules.dep'), 'utf8').split('\n');
  for (const file of new Set(MODULES.flatMap((module) => filesOf(module, dependencies)))) {
    // Older depmods write absolute paths.
    const path = file.startsWith('/') ? file.slice(1) : join(modules, file);
    mkdirSync(dirname(join(root, path)), { recursive: true });
    cpSync(join(unpacked, path), join(root, path));
  }
  for (const name of ['modules.builtin', 'modules.order']) {
    cpSync(join(unpacked, modules, name), join(root, modules, name));
  }
  await run(BUSYBOX, 'depmod', '-b', root, version);
}

/** The module's own file and those that it depends on; none where it is built in. */
function filesOf(module: string, dependencies: readonly string[]): string[] {
  const file = new RegExp(`/${module.replaceAll(/[-_]/g, '[-_]')}\\.ko:`);
  const line = dependencies.find((candidate) => file.test(candidate)) ?? '';
  return line.split(/[:\s]+/).filter((word) => word !== '');
}
