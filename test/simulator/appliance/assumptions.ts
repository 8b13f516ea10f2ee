/**
 * What nobody has seen the device do, or not surely. Each has the question of the device that it stands for, an unkind
 * variant (the default) and a kind one; where the unkind one would leave nothing to test, the default is what the
 * comment says. Every line is assumed.
 */
export interface Assumptions {
  /** ASSUMED[existing-image]: `/disk add` whose file-path is an image that exists. Question: is it adopted, resized, refused? */
  readonly existingImage: 'refused' | 'adopted' | 'truncated';
  /** ASSUMED[missing-folder]: an image, file or subvolume whose parent folder is absent. Question: a missing parent folder. */
  readonly missingFolder: 'refused' | 'created';
  /** ASSUMED[image-allocation]: how `free` falls when an image is made. Question: sparse or allocated images. */
  readonly imageAllocation: 'full' | 'sparse';
  /** ASSUMED[file-copy]: whether `/file copy` takes space. Question: speed and allocation of `/file copy`. */
  readonly fileCopy: 'allocates' | 'shares';
  /** ASSUMED[growth-while-exported]: when initiators see a new size. Question: growing while connected. */
  readonly growthWhileExported: 'at-next-export' | 'at-once';
  /** ASSUMED[shrink]: a smaller file-size. Question: shrinking. */
  readonly shrink: 'refused' | 'done';
  /**
   * ASSUMED[stop-export]: `nvme-tcp-export=no`, `disable` or `remove` while an initiator is connected. The default is the kind one,
   * since a driver that fences by stopping exports rests on it; the others are for tests of that. Question: `remove`
   * and `nvme-tcp-export=no` while connected.
   */
  readonly stopExport: 'drops' | 'keeps-session' | 'busy' | 'hangs';
  /** ASSUMED[change-while-exported]: another NQN, port or host for an item that is exported. Question: changing an NQN. */
  readonly changeWhileExported: 'refused' | 're-exports';
  /** ASSUMED[target-while-not-exported]: what an item shows of its NQN, port and hosts while it isn't exported. Question: the default NQN. */
  readonly targetWhileNotExported: 'hidden' | 'shown';
  /** ASSUMED[reboot-exports]: exports after a reboot; late: one by one, after the port is open. Question: exports at boot. */
  readonly rebootExports: 'late' | 'at-once';
  /** ASSUMED[reboot-exports]: the time that each late export takes, ms. */
  readonly rebootExportMs: number;
  /** ASSUMED[duplicate-nqn]: an NQN that another exported item has. Question: errors on a duplicate NQN. */
  readonly duplicateNqn: 'refused' | 'allowed';
  /** ASSUMED[duplicate-port]: a port that another exported item has. The captures show 4420 for every item, so the default is kind. */
  readonly duplicatePort: 'allowed' | 'refused';
  /** ASSUMED[duplicate-path]: an image that another item uses. Question: errors on a duplicate file path. */
  readonly duplicatePath: 'refused' | 'allowed';
  /** ASSUMED[allow-host-name]: what `nvme-tcp-server-allow-host-name` is compared with. Question: host NQN? list? */
  readonly allowHostName: 'one-host-nqn' | 'comma-list';
  /**
   * ASSUMED[compress]: whether the pool's file system decides on `compress`, or the one inside of the image, as the manual's words
   * can be read. The default is the kind one: with the other no file disk is ever compressed.
   */
  readonly compressFileDisk: 'by-pool' | 'by-own-file-system';
  /** ASSUMED[comment-length]: bytes of a comment. Question: comment length limits. */
  readonly commentBytes: number;
  /** ASSUMED[disk-policies]: policies for changes in `/disk`. Question: the least policy set. */
  readonly diskPolicies: readonly string[];
  /** ASSUMED[remove-folder]: `/file remove` of a folder that isn't empty. */
  readonly removeFolder: 'refused' | 'with-content';
  /** ASSUMED[remove-used]: `/file remove` or rename of an image that a disk item uses. */
  readonly removeUsedFile: 'busy' | 'done';
  /** ASSUMED[remove-used]: removing a subvolume with an image that a disk item uses. */
  readonly removeUsedSubvolume: 'busy' | 'done';
  /** ASSUMED[subvolume-space]: when a removed subvolume's space is free again; btrfs itself cleans up later. */
  readonly subvolumeSpace: 'later' | 'at-once';
  /** ASSUMED[subvolume-space]: how much later, ms. */
  readonly subvolumeSpaceMs: number;
  /**
   * ASSUMED[subvolume-parent]: what `parent=` of a new subvolume takes besides an id. The manual only shows names without a path. The
   * default takes both, as names alone may be ambiguous.
   */
  readonly subvolumeParent: 'either' | 'name' | 'fullname';
  /** ASSUMED[deep-find]: how deep `/file` looks below a mount point. Question: `/file` look-up of deep paths. */
  readonly fileDepth: number | undefined;
  /** ASSUMED[unset-property]: flags that are off, in as-value. Seen both ways in published output of other menus. */
  readonly falseFlags: 'absent' | 'false';
  /** ASSUMED[text-print]: `[… print count-only]` also prints the number. */
  readonly countOnlyPrints: boolean;
  /** ASSUMED[text-print]: columns at the right of the terminal that text output leaves free: the captures fit 2 of 240 and 80. */
  readonly printMargin: number;
  /** ASSUMED[text-print]: lines break at spaces inside values too (digit groups, quoted texts). */
  readonly wrapInsideValues: boolean;
  /** ASSUMED[text-print]: the least indent of `print detail`; one capture has 15 columns, for no known reason. */
  readonly detailIndent: number;
  /** ASSUMED[statement-atomic]: nothing comes between `[find where …]` inside a `set` and the set. Record changes rest on it. */
  readonly statementAtomic: true;
  /** ASSUMED[wrap-put]: columns at which `:put` wraps over exec. Question: wrapping of `:put`. */
  readonly wrapPutAt: number | undefined;
  /** ASSUMED[wrap-put]: terminal width of exec without a pty. */
  readonly execOutputWidth: number;
  /** ASSUMED[error-exit-code]: exit status after an error. Question: exit status, stdout or stderr. */
  readonly errorExitCode: 0 | 1;
}

/** The default. */
export const UNKIND: Assumptions = {
  existingImage: 'refused',
  missingFolder: 'refused',
  imageAllocation: 'full',
  fileCopy: 'allocates',
  growthWhileExported: 'at-next-export',
  shrink: 'refused',
  stopExport: 'drops',
  changeWhileExported: 'refused',
  targetWhileNotExported: 'hidden',
  rebootExports: 'late',
  rebootExportMs: 500,
  duplicateNqn: 'refused',
  duplicatePort: 'allowed',
  duplicatePath: 'refused',
  allowHostName: 'one-host-nqn',
  compressFileDisk: 'by-pool',
  commentBytes: 255,
  diskPolicies: ['write', 'test'],
  removeFolder: 'refused',
  removeUsedFile: 'busy',
  removeUsedSubvolume: 'busy',
  subvolumeSpace: 'later',
  subvolumeSpaceMs: 2_000,
  subvolumeParent: 'either',
  fileDepth: undefined,
  falseFlags: 'absent',
  countOnlyPrints: true,
  printMargin: 2,
  wrapInsideValues: true,
  detailIndent: 0,
  statementAtomic: true,
  wrapPutAt: undefined,
  execOutputWidth: 80,
  errorExitCode: 0,
};

/** Everything as a driver would wish it. */
export const KIND: Assumptions = {
  ...UNKIND,
  existingImage: 'adopted',
  missingFolder: 'created',
  imageAllocation: 'sparse',
  fileCopy: 'shares',
  growthWhileExported: 'at-once',
  shrink: 'done',
  changeWhileExported: 're-exports',
  targetWhileNotExported: 'shown',
  rebootExports: 'at-once',
  duplicateNqn: 'allowed',
  duplicatePath: 'allowed',
  allowHostName: 'comma-list',
  commentBytes: 65_535,
  diskPolicies: ['write'],
  removeFolder: 'with-content',
  removeUsedFile: 'done',
  removeUsedSubvolume: 'done',
  subvolumeSpace: 'at-once',
  falseFlags: 'false',
  countOnlyPrints: false,
  wrapInsideValues: false,
};
