import { readFile } from 'node:fs/promises';

/** capabilities(7): the kernel grows a mounted ext4 only for who has it (fs/ext4/resize.c, ext4_resize_begin). */
const CAP_SYS_RESOURCE = 24n;

/**
 * The file system to show growth with: ext4, or xfs where this process is a root without CAP_SYS_RESOURCE, as in
 * some sandboxes.
 */
export async function growableFilesystem(status = '/proc/self/status'): Promise<'ext4' | 'xfs'> {
  const text = await readFile(status, 'utf8').catch(() => '');
  return mayGrowExt4(text) ? 'ext4' : 'xfs';
}

/** @param status the text of proc_pid_status(5); what is unreadable there (no Linux) has no such limit */
export function mayGrowExt4(status: string): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return effective === undefined || ((BigInt(`0x${effective}`) >> CAP_SYS_RESOURCE) & 1n) === 1n;
}
