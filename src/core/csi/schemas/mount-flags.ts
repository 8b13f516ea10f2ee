import { z } from 'zod';
import { checked, type EntryFault } from './rule.ts';

/** CSI v1.13, VolumeCapability.MountVolume.mount_flags: all of them together. */
const FLAGS_MAX_BYTES = 4096;

/** One option of mount(8), with or without a value. No comma: that would be two options, and no quoting. */
const FORM = /^[A-Za-z0-9_][A-Za-z0-9_.:=+@%/-]*$/;

/** Options that undo what the driver promises about data, by what they would do. */
const REFUSED: readonly { readonly why: string; readonly flags: readonly string[] }[] = [
  {
    why: 'changes what is mounted, which is for the driver to decide',
    flags: ['remount', 'bind', 'rbind', 'move', 'loop', 'offset', 'sizelimit', 'subvol', 'subvolid'],
  },
  {
    why: 'changes mount propagation, which is for kubelet to decide',
    flags: ['shared', 'rshared', 'private', 'rprivate', 'slave', 'rslave', 'unbindable', 'runbindable'],
  },
  {
    why: 'brings in other devices',
    flags: ['device', 'journal_dev', 'journal_path', 'logdev', 'rtdev'],
  },
  {
    why: 'mounts what needs repair or loses writes at a power cut',
    flags: ['degraded', 'noload', 'norecovery', 'nobarrier', 'nologreplay', 'rescue', 'usebackuproot'],
  },
];

const REFUSED_VALUES: Readonly<Record<string, string>> = {
  'barrier=0': 'loses writes at a power cut',
  'errors=continue': 'writes on to a file system that is known to be damaged',
  'errors=panic': 'stops the whole node when a volume fails',
};

const WHY = new Map(REFUSED.flatMap(({ why, flags }) => flags.map((flag) => [flag, why] as const)));

export const mountFlags = checked(
  z.array(z.string()),
  `options of mount(8), one an entry, ${FLAGS_MAX_BYTES} bytes in all`,
  (flags) => {
    const bytes = flags.reduce((sum, flag) => sum + Buffer.byteLength(flag), 0);
    if (bytes > FLAGS_MAX_BYTES) return [{ fault: `has ${bytes} bytes, more than ${FLAGS_MAX_BYTES}` }];
    return flags.flatMap(flagFault);
  },
);

function flagFault(flag: string, at: number): EntryFault[] {
  if (!FORM.test(flag)) return [{ at, fault: 'is not a single mount option' }];
  const lower = flag.toLowerCase();
  const name = lower.split('=')[0] ?? '';
  const why = name.startsWith('x-') ? 'is an option of user space' : (WHY.get(name) ?? REFUSED_VALUES[lower]);
  return why === undefined ? [] : [{ at, fault: `is refused: it ${why}` }];
}
