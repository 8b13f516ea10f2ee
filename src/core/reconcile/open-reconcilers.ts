import type { Clock } from '../clock.ts';
import type { Logger } from '../observe/logger.ts';
import type { StorageBackend } from '../storage/storage-backend.ts';
import { AttachmentReconciler } from './attachment-reconciler.ts';
import type { Cluster } from './cluster.ts';
import { OrphanSweeper } from './orphan-sweeper.ts';
import { type PoolReports, PoolWatch } from './pool-watch.ts';
import { RemainsSweeper } from './remains-sweeper.ts';
import { ReconcileRunner, type Timetable } from './runner.ts';
import { StaleAttachmentReconciler } from './stale-attachment-reconciler.ts';
import type { Announcer, Mandate, Reports, VolumeLocks } from './surroundings.ts';

export interface ReconcilerSettings {
  readonly backends: readonly StorageBackend[];
  readonly cluster: Cluster;
  readonly driver: string;
  readonly locks: VolumeLocks;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly announcer: Announcer;
  readonly reports: Reports & PoolReports;
  /** Between rounds without a trigger, ms. */
  readonly everyMs: number;
  /** Between two sightings of a publication that is to be cleared, ms. */
  readonly confirmMs: number;
  /** How long a node must be gone before its attachments are deleted, ms; undefined: they never are. */
  readonly goneMs: number | undefined;
  readonly orphans: 'off' | 'report' | 'delete';
  /** Between two sightings of an orphan, ms. */
  readonly orphanMs: number;
}

const ROUND_MS = 300_000;

/** What drives the reconcilers. */
export interface Reconciliation {
  /** Asks for a round soon; without a mandate it is nothing. @param why for the log */
  trigger(why: string): void;
  /** Until the mandate ends; never rejects. */
  run(mandate: Mandate): Promise<void>;
}

/**
 * The reconcilers that are switched on. Each appliance has its own and goes its own way: one that is away, or takes its
 * time, holds up none of the others.
 */
export function openReconcilers({ backends, ...settings }: ReconcilerSettings): Reconciliation {
  const { clock, logger, reports, goneMs, everyMs } = settings;
  const timetables = backends.map((backend) => ofAppliance(backend, settings));
  if (goneMs !== undefined) {
    const reconciler = new StaleAttachmentReconciler({ ...settings, goneMs });
    timetables.push([{ name: 'stale-attachments', reconciler, everyMs, onTrigger: true }]);
  }
  const runners = timetables.map(
    (timetable) => new ReconcileRunner({ timetable, clock, logger, reports, roundMs: ROUND_MS }),
  );
  return {
    trigger: (why) => {
      for (const runner of runners) runner.trigger(why);
    },
    run: async (mandate) => {
      await Promise.all(runners.map((runner) => runner.run(mandate)));
    },
  };
}

function ofAppliance(
  backend: StorageBackend,
  { everyMs, confirmMs, orphans, orphanMs, ...settings }: Omit<ReconcilerSettings, 'backends'>,
): Timetable[] {
  const common = { ...settings, backend };
  const timetable: Timetable[] = [
    {
      name: 'attachments',
      reconciler: new AttachmentReconciler({ ...common, apartMs: confirmMs }),
      everyMs,
      onTrigger: true,
    },
    { name: 'pools', reconciler: new PoolWatch(common), everyMs, onTrigger: false },
  ];
  if (orphans === 'off') return timetable;
  const sweeper = { ...common, apartMs: orphanMs, mode: orphans };
  const often = { everyMs: orphanMs, onTrigger: false };
  return [
    ...timetable,
    { name: 'orphans', reconciler: new OrphanSweeper(sweeper), ...often },
    { name: 'remains', reconciler: new RemainsSweeper(sweeper), ...often },
  ];
}
