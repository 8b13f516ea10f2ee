/** A flag is one option: a comma would smuggle in another. */
const FORM = /^[A-Za-z0-9_.:=/+-]{1,128}$/;
/** What mount(8) would do something else for than mount this device, or what the driver decides itself. */
const REFUSED = new Set([
  ...['bind', 'rbind', 'move', 'remount', 'loop', 'offset', 'sizelimit', 'encryption', 'ro', 'rw'],
  ...['user', 'users', 'owner', 'group', 'helper', 'uhelper', 'fstab', 'noauto'],
  ...['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave', 'unbindable', 'runbindable'],
  ...['norecovery', 'noload', 'rescue', 'device', 'logdev', 'rtdev', 'journal_dev', 'journal_path'],
]);

/** In words, what is wrong with the mount flags of a volume capability; undefined where nothing is. */
export function unsupportedMountFlag(flags: readonly string[]): string | undefined {
  for (const flag of flags) {
    const name = flag.split('=')[0]?.toLowerCase() ?? '';
    if (!FORM.test(flag)) return `mount flag ${JSON.stringify(flag)} is not one option of mount(8)`;
    if (REFUSED.has(name) || name.startsWith('x-')) {
      return `mount flag '${name}' is the driver's own business; remove it from mountOptions`;
    }
  }
  return undefined;
}
