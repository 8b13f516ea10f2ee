import type { Mount } from '../../../src/node/mounts/mount-table.ts';

/** A mount as a test describes it; the rest is a plain tmpfs. */
export type MountSketch = Partial<Mount> & Pick<Mount, 'mountPoint'>;

/** Writes mountinfo as the kernel does (show_mountinfo in fs/proc_namespace.c). */
export function printMountInfo(
  mounts: readonly Mount[],
  optionalFields: readonly string[] = ['shared:1'],
): string {
  return mounts.map((mount) => `${line(mount, optionalFields)}\n`).join('');
}

function line(mount: Mount, optionalFields: readonly string[]): string {
  return [
    mount.id,
    mount.parentId,
    mount.device,
    mangle(mount.root),
    mangle(mount.mountPoint),
    mount.options.join(','),
    ...optionalFields,
    '-',
    mount.fsType,
    mangle(mount.source),
    mount.superOptions.join(','),
  ].join(' ');
}

const mangle = (text: string): string =>
  text.replace(/[ \t\n\\#]/g, (found) => `\\${found.charCodeAt(0).toString(8).padStart(3, '0')}`);
