/**
 * Where the bytes of images are. Synchronous, since one statement of a script is atomic. Paths are those of `/file`
 * («pool1/csi/a.img»). Nothing is called before the model has allowed it. Folders aren't made by a call of their
 * own, but `move` and `remove` are called for them too.
 */
export interface DiskStore {
  /** @param contents of a text file; without it the file is all zeros */
  create(path: string, bytes: bigint, contents?: string): void;
  /** The whole content of a text file. */
  write(path: string, contents: string): void;
  resize(path: string, bytes: bigint): void;
  /** A file's content at this moment under another path: a snapshot's file, a copy. */
  clone(source: string, target: string): void;
  move(source: string, target: string): void;
  remove(path: string): void;
  /** Where it has none, a subvolume is a folder like others, and a snapshot's files are cloned one by one. */
  readonly subvolumes?: SubvolumeStore;
}

/** Subvolumes that are more than folders. */
export interface SubvolumeStore {
  /** @param source the subvolume that it is a snapshot of, with all that is in there; empty without */
  add(path: string, readOnly: boolean, source: string | undefined): void;
  setReadOnly(path: string, readOnly: boolean): void;
  /** With all that is in it. */
  remove(path: string): void;
}

/** Keeps nothing. */
export const VIRTUAL_STORE: DiskStore = {
  create: () => undefined,
  write: () => undefined,
  resize: () => undefined,
  clone: () => undefined,
  move: () => undefined,
  remove: () => undefined,
};

/** An image that is served as namespace 1 of a subsystem. */
export interface ExportedImage {
  readonly slot: string;
  readonly nqn: string;
  readonly port: number;
  /** As `/file` names it. */
  readonly path: string;
  /** What initiators see. */
  readonly bytes: bigint;
  /** Empty: every host. */
  readonly allowHostName: string;
}

/** Serves images for real, or not at all. Synchronous, as {@link DiskStore}. */
export interface Exporter {
  start(image: ExportedImage): void;
  resize(image: ExportedImage): void;
  /** @param keepSessions whoever is connected stays so, and nobody else gets in */
  stop(image: ExportedImage, keepSessions: boolean): void;
  /** Whether a real initiator is connected; one that a test plays is known to the model. */
  isUsed(image: ExportedImage): boolean;
  /** Power goes: those that were let stay are gone, too. */
  drop(): void;
}

export const SILENT_EXPORTER: Exporter = {
  start: () => undefined,
  resize: () => undefined,
  stop: () => undefined,
  isUsed: () => false,
  drop: () => undefined,
};
