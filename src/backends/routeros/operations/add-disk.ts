import type { Code, Operand } from '../script/code.ts';
import { command } from '../script/command.ts';

export interface NewDisk {
  readonly slot: string;
  /** With its leading slash. */
  readonly image: string;
  readonly bytes: bigint;
  /** The record. */
  readonly comment: Operand;
  readonly port: Operand;
  readonly compression?: boolean;
}

/** The disk item of a volume: not exported, whoever asks for it. */
export const addDisk = ({ slot, image, bytes, comment, port, compression = false }: NewDisk): Code =>
  command('/disk', 'add', {
    type: 'file',
    slot,
    'file-path': image,
    'file-size': bytes,
    comment,
    // RouterOS mounts by default what it finds in a disk: a guest's file system (manual, Disks).
    'mount-filesystem': false,
    // Not named at all where it is not wanted: RouterOS refuses the property off btrfs.
    compress: compression ? true : undefined,
    'nvme-tcp-export': false,
    'nvme-tcp-server-port': port,
  });
