import type { FileDiskSettings } from '../appliance/disk-items.ts';
import type { Arguments } from './values.ts';

/** The arguments of `/disk add` and `set` that the model plays for a file disk. */
export const FILE_DISK_ARGUMENTS = [
  'comment',
  'compress',
  'disabled',
  'file-offset',
  'file-path',
  'file-size',
  'mount-filesystem',
  'mount-read-only',
  'nvme-tcp-export',
  'nvme-tcp-server-allow-host-name',
  'nvme-tcp-server-nqn',
  'nvme-tcp-server-password',
  'nvme-tcp-server-port',
  'slot',
];

/** What the arguments say; what they leave out isn't in it. @throws ScriptError */
export function fileDiskSettings(args: Arguments): Partial<FileDiskSettings> {
  return given({
    slot: args.text('slot'),
    comment: args.text('comment'),
    disabled: args.truth('disabled'),
    filePath: args.text('file-path'),
    fileSize: args.size('file-size'),
    fileOffset: args.size('file-offset'),
    mountFilesystem: args.truth('mount-filesystem'),
    mountReadOnly: args.truth('mount-read-only'),
    compress: args.truth('compress'),
    nvmeExport: args.truth('nvme-tcp-export'),
    nvmePort: args.number('nvme-tcp-server-port'),
    nvmeNqn: args.text('nvme-tcp-server-nqn'),
    nvmeAllowHost: args.text('nvme-tcp-server-allow-host-name'),
    nvmePassword: args.text('nvme-tcp-server-password'),
  });
}

type Possibly<T> = { readonly [K in keyof T]: T[K] | undefined };

/** Without what is undefined. */
function given<T extends object>(values: Possibly<T>): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
