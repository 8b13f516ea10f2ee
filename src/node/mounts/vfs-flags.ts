/**
 * The flags of a single mount, in groups of which each mount has one (mount(8), "filesystem-independent mount
 * options"); all other options belong to the file system and are fixed when it is mounted.
 */
const GROUPS: readonly (readonly string[])[] = [
  ['rw', 'ro'],
  ['suid', 'nosuid'],
  ['dev', 'nodev'],
  ['exec', 'noexec'],
  ['relatime', 'noatime', 'strictatime', 'atime'],
  ['diratime', 'nodiratime'],
  ['symfollow', 'nosymfollow'],
];

/** What mountinfo shows where it is set; the rest is what a mount is without it. */
const SHOWN = new Set(['ro', 'nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'nosymfollow']);

const groupOf = (option: string): readonly string[] | undefined =>
  GROUPS.find((group) => group.includes(option));

/**
 * The flags for a remount: those the mount has, overridden by those that are asked for. A bind remount sets all
 * flags anew, so what is left out would be lost.
 */
export function mergeFlags(has: readonly string[], asked: readonly string[]): readonly string[] {
  const flags = new Map<readonly string[], string>();
  for (const option of [...has, ...asked]) {
    const group = groupOf(option);
    if (group) flags.set(group, option);
  }
  return [...flags.values()];
}

/** The wanted flags that a mount's options do not show. */
export function missingFlags(wanted: readonly string[], options: readonly string[]): readonly string[] {
  return wanted.filter((flag) => SHOWN.has(flag) && !options.includes(flag));
}
