import type { Clock } from '../clock.ts';
import type { Logger } from '../observe/logger.ts';
import type { StorageBackend } from '../storage/storage-backend.ts';
import { AttachmentReconciler } from './attachment-reconciler.ts';
import type { Cluster } from './cluster.ts';
import { OrphanSweeper } from './orphan-sweeper.ts';
import { type PoolReports, PoolWatch } from './pool-watch.ts';
import { ReconcileRunner, type Timetable } from './runner.ts';
import { StaleAttachmentReconciler } from './stale-attachment-reconciler.ts';
import type { Announcer, Reports, VolumeLocks } from './surroundings.ts';

export interface ReconcilerSettings {
  readonly backend: StorageBackend;
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

/** The reconcilers that are switched on, and what drives them. */
export function openReconcilers(settings: ReconcilerSettings): ReconcileRunner {
  const { everyMs, confirmMs, goneMs, orphans, orphanMs, ...common } = settings;
  const { clock, logger, reports } = common;
  const timetable: Timetable[] = [
    {
      name: 'attachments',
      reconciler: new AttachmentReconciler({ ...common, apartMs: confirmMs }),
      everyMs,
      onTrigger: true,
    },
    { name: 'pools', reconciler: new PoolWatch(common), everyMs, onTrigger: false },
  ];
  if (goneMs !== undefined) {
    const reconciler = new StaleAttachmentReconciler({ ...common, goneMs });
    timetable.push({ name: 'stale-attachments', reconciler, everyMs, onTrigger: true });
  }
  if (orphans !== 'off') {
    const reconciler = new OrphanSweeper({ ...common, apartMs: orphanMs, mode: orphans });
    timetable.push({ name: 'orphans', reconciler, everyMs: orphanMs, onTrigger: false });
  }
  return new ReconcileRunner({ timetable, clock, logger, reports, roundMs: ROUND_MS });
}
