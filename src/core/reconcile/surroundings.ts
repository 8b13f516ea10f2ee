import type { VolumeId } from '../storage/volume-id.ts';
import type { Attachment, PersistentVolume } from './cluster.ts';

/** Keeps others of this process from a volume: the RPCs' own locks. */
export interface VolumeLocks {
  /** @returns what lets go again; undefined where somebody works on the volume */
  hold(volume: VolumeId): (() => void) | undefined;
}

/** Whether this process may act; asked right before each write. */
export interface Mandate {
  readonly signal: AbortSignal;
  valid(): boolean;
}

export type Action = 'clear' | 'export' | 'delete-attachment' | 'delete-orphan' | 'remove-remains';
export type Outcome = 'done' | 'failed' | 'busy' | 'overtaken';

/** What people and machines are told. */
export interface Reports {
  /** An action has ended. */
  acted(action: Action, outcome: Outcome): void;
  /** A round has ended; `skipped`: it could not look, and has decided nothing. */
  round(reconciler: string, outcome: 'done' | 'skipped', seconds: number): void;
  /** What a round found on an appliance. */
  counts(appliance: string, counts: Readonly<Record<string, number>>): void;
}

/** Leaves a note on the objects that people look at. */
export interface Announcer {
  announce(about: Subject, note: Note): void;
}

export type Subject =
  | { readonly kind: 'volume'; readonly handle: string; readonly persistentVolume?: PersistentVolume }
  | { readonly kind: 'attachment'; readonly attachment: Attachment }
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'driver' };

export interface Note {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, for machines. */
  readonly reason: string;
  readonly message: string;
}
