/** What is in the image beside the driver, and nothing else: no shell, no package manager, no Python of xfsprogs. */

/** Debian's packages that have them; base-files says which Debian it is. */
export const PACKAGES = [
  'base-files',
  'btrfs-progs',
  'cryptsetup-bin',
  'e2fsprogs',
  'mount',
  'util-linux',
  'xfsprogs',
];

/**
 * What the node calls (a test holds the list to that), and below the line what a person needs who repairs a file system
 * from inside the node's pod: the driver itself never does.
 */
export const PROGRAMS = [
  'blkid',
  'blockdev',
  'btrfs',
  'cryptsetup',
  'fallocate',
  'losetup',
  'mkfs.btrfs',
  'mkfs.ext4',
  'mkfs.xfs',
  'mount',
  'resize2fs',
  'umount',
  'xfs_growfs',
  // for people
  'dumpe2fs',
  'e2fsck',
  'lsblk',
  'xfs_repair',
];

/** What programs read, and what scanners of images do. */
export const FILES = ['/etc/mke2fs.conf', '/etc/os-release'];

/** Whom the controller runs as; the node plugin runs as root. */
export const USER = { id: 65_532, name: 'rose-csi' };

/** Files of our own. Names are looked up in DNS after /etc/hosts; glibc has both built in. */
export const OWN_FILES: Readonly<Record<string, string>> = {
  '/etc/passwd': `root:x:0:0:root:/:/sbin/nologin\n${USER.name}:x:${USER.id}:${USER.id}::/:/sbin/nologin\n`,
  '/etc/group': `root:x:0:\n${USER.name}:x:${USER.id}:\n`,
  '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
};

/** Folders that pods mount something at, or that programs write to. */
export const FOLDERS = ['/dev', '/proc', '/sys', '/run', '/tmp', '/csi', '/var/lib/rose-csi'];
