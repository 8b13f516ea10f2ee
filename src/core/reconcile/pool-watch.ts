import type { CallContext } from '../call-context.ts';
import type { Pool } from '../storage/pool.ts';
import type { StorageBackend } from '../storage/storage-backend.ts';
import type { Reconciler } from './runner.ts';
import type { Announcer, Mandate } from './surroundings.ts';

export interface PoolReports {
  pools(appliance: string, pools: readonly Pool[]): void;
}

export interface PoolWatchOptions {
  readonly backend: StorageBackend;
  readonly announcer: Announcer;
  readonly reports: PoolReports;
}

/** Below this part of a pool, in percent, people are told; above the second one it counts as over. */
const NEARLY_FULL = 10n;
const ENOUGH = 15n;

/** Looks at the appliance's pools, and tells of what will hurt before it does. */
export class PoolWatch implements Reconciler {
  private readonly full = new Set<string>();
  private readonly states = new Map<string, Pool['state']>();

  constructor(private readonly options: PoolWatchOptions) {}

  async round(_: Mandate, context: CallContext): Promise<void> {
    const { backend, reports } = this.options;
    const pools = await backend.pools(context);
    reports.pools(backend.name, pools);
    for (const pool of pools) {
      this.lookAtSpace(pool);
      this.lookAtState(pool);
    }
  }

  dueAt(): undefined {
    return undefined;
  }

  forget(): void {
    this.full.clear();
    this.states.clear();
  }

  private lookAtSpace({ name, totalBytes, availableBytes: { thin } }: Pool): void {
    if (thin * 100n >= totalBytes * ENOUGH) this.full.delete(name);
    if (thin * 100n >= totalBytes * NEARLY_FULL || this.full.has(name)) return;
    this.full.add(name);
    this.tell('PoolNearlyFull', `pool ${name} has ${thin} of ${totalBytes} bytes left for new volumes`);
  }

  private lookAtState({ name, state, stateReason }: Pool): void {
    const before = this.states.get(name) ?? 'online';
    this.states.set(name, state);
    if (state === before || state === 'online') return;
    this.tell(
      state === 'degraded' ? 'PoolDegraded' : 'PoolOffline',
      `pool ${name} is ${state}: ${stateReason ?? ''}`,
    );
  }

  private tell(reason: string, message: string): void {
    const { announcer, backend } = this.options;
    const text = `appliance ${backend.name}: ${message}`;
    announcer.announce({ kind: 'driver' }, { type: 'Warning', reason, message: text });
  }
}
