import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Packages } from './packages.ts';

/** The program that plays a machine, with what it needs around it. */
export interface Emulator {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Serves the host's files to guests; newer QEMUs come without one, and use this. */
export const VIRTIOFSD = '/usr/lib/qemu/virtiofsd';

/** The installed QEMU. 7.2 is killed by kernels from 6.12 on. */
export const installedEmulator: Emulator = { command: ['qemu-system-x86_64'], environment: {} };

/** QEMU of the backports, beside the installed one. */
export async function newerEmulator(folder: string, packages: Packages): Promise<Emulator> {
  const program = join(folder, 'usr', 'bin', 'qemu-system-x86_64');
  if (!existsSync(program)) await packages.unpackWithDependencies('qemu-system-x86', folder);
  const libraries = join(folder, 'usr', 'lib', 'x86_64-linux-gnu');
  const firmware = ['seabios', 'qemu', 'ipxe'].flatMap((name) => ['-L', join(folder, 'usr', 'share', name)]);
  return {
    command: [program, ...firmware, '-L', '/usr/share/seabios', '-L', '/usr/share/qemu'],
    environment: {
      LD_LIBRARY_PATH: `${libraries}:${libraries}/pulseaudio`,
      QEMU_MODULE_DIR: join(libraries, 'qemu'),
    },
  };
}
