import type { Patient } from './patient.ts';

/**
 * - `ok`: as the driver needs it
 * - `warning`: it works, and something is worth knowing
 * - `failed`: the driver will not work, or not rightly
 * - `unknown`: could not be seen; no judgement
 * - `skipped`: what it needs had failed
 */
export type Status = 'ok' | 'warning' | 'failed' | 'unknown' | 'skipped';

export interface Finding {
  readonly status: Status;
  /** What was seen, in words. */
  readonly seen: string;
  /** What helps. */
  readonly remedy?: string;
}

/** One thing to look at. */
export interface Check {
  /** Short and stable: reports, scripts and documents name it. */
  readonly id: string;
  readonly title: string;
  /** Ids of checks without whose success this one makes no sense. */
  readonly needs: readonly string[];
  /** Ids of the assumptions that it settles (docs/hardware-questions.md). */
  readonly settles?: readonly string[];
  /** @throws Error which counts as `failed`, with its message */
  run(patient: Patient): Promise<Finding>;
}

export interface Result extends Finding {
  readonly id: string;
  readonly title: string;
  readonly settles: readonly string[];
  readonly ms: number;
}

export const ok = (seen: string): Finding => ({ status: 'ok', seen });
export const unknown = (seen: string): Finding => ({ status: 'unknown', seen });
export const warning = (seen: string, remedy: string): Finding => ({ status: 'warning', seen, remedy });
export const failed = (seen: string, remedy: string): Finding => ({ status: 'failed', seen, remedy });
