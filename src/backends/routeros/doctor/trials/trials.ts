import { COMPRESSION, RESTORE, SNAPSHOT, SUBVOLUME, SUBVOLUME_DISK, USED_SUBVOLUME } from './btrfs-trials.ts';
import {
  ADD,
  COMMENT,
  DUPLICATE_PATH,
  DUPLICATE_SLOT,
  GROW,
  MISSING_FOLDER,
  REMOVE,
  SHRINK,
} from './disk-trials.ts';
import { EXISTING_IMAGE } from './existing-image.ts';
import {
  DEFAULT_NQN,
  DUPLICATE_NQN,
  DUPLICATE_PORT,
  EXPORT,
  NQN_BETWEEN_EXPORTS,
  NQN_WHILE_EXPORTED,
  UNEXPORT,
} from './export-trials.ts';
import { DEEP_FILES, FOLDER, TEXTS, USED_FILE } from './file-trials.ts';
import type { Trial } from './trial.ts';

/** In their order: later ones use what earlier ones made. */
export const TRIALS: readonly Trial[] = [
  FOLDER,
  TEXTS,
  ADD,
  DEEP_FILES,
  COMMENT,
  DUPLICATE_SLOT,
  DUPLICATE_PATH,
  MISSING_FOLDER,
  GROW,
  SHRINK,
  EXPORT,
  NQN_WHILE_EXPORTED,
  UNEXPORT,
  NQN_BETWEEN_EXPORTS,
  DUPLICATE_NQN,
  DUPLICATE_PORT,
  DEFAULT_NQN,
  COMPRESSION,
  REMOVE,
  EXISTING_IMAGE,
  SUBVOLUME,
  SUBVOLUME_DISK,
  SNAPSHOT,
  RESTORE,
  USED_SUBVOLUME,
  USED_FILE,
];

/** What no doctor without an initiator can see, by the ids of docs/hardware-questions.md, and why. */
export const NOT_ANSWERED: Readonly<Record<string, string>> = {
  'statement-atomic': 'that nothing comes between a find and its set shows only when it fails',
  'stop-export': 'takes an initiator: whether stopping an export drops those that are connected',
  'growth-while-exported': 'takes an initiator: when those that are connected see a new size',
  'reboot-exports': 'takes a reboot and an initiator: whether exports come back, and in which order',
  'namespace-identity': 'takes an initiator: UUID and serial over re-exports',
  'allow-host-name': 'takes an initiator: what nvme-tcp-server-allow-host-name is compared with',
  'session-end': 'takes a cut connection: whether a script ends with its session',
  'full-pool': 'would fill a pool: the text of an appliance that has no space',
  'busy-item': 'takes an initiator: the text of an item in use',
  'failing-pool': 'takes a failing disk: the text of a pool that fails',
};
