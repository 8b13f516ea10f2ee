import { Counter, Gauge, Histogram, type Registry } from '../observe/prom-client.ts';
import type { Pool } from '../storage/pool.ts';
import type { PoolReports } from './pool-watch.ts';
import type { Action, Outcome, Reports } from './surroundings.ts';

const POOL_STATES = ['online', 'degraded', 'offline'] as const;
const SPACES = ['total', 'thin', 'thick'] as const;
const SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300];

/** What the reconcilers did, for Prometheus. */
export class PrometheusReports implements Reports, PoolReports {
  private readonly actions: Counter;
  private readonly rounds: Histogram;
  private readonly publications: Gauge;
  private readonly orphans: Gauge;
  private readonly remains: Gauge;
  private readonly leading: Gauge;
  private readonly known = new Map<string, ReadonlySet<string>>();
  private readonly space: Gauge;
  private readonly poolState: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.actions = new Counter({
      name: 'rose_csi_reconcile_actions_total',
      help: 'What the reconcilers did, by action and outcome; overtaken: it was no longer true when it was to be done.',
      labelNames: ['action', 'outcome'],
      registers,
    });
    this.rounds = new Histogram({
      name: 'rose_csi_reconcile_round_seconds',
      help: 'Rounds of the reconcilers; skipped: it could not look, and has decided nothing.',
      labelNames: ['reconciler', 'outcome'],
      buckets: SECONDS,
      registers,
    });
    this.publications = new Gauge({
      name: 'rose_csi_publications',
      help: 'Publications at the last round: wanted by an attachment, unwanted, or unclear.',
      labelNames: ['appliance', 'state'],
      registers,
    });
    this.orphans = new Gauge({
      name: 'rose_csi_orphans',
      help: 'Volumes that no PersistentVolume knows, at the last sweep.',
      labelNames: ['appliance'],
      registers,
    });
    this.remains = new Gauge({
      name: 'rose_csi_remains',
      help: 'Images and the like that no volume uses and no PersistentVolume knows, at the last sweep.',
      labelNames: ['appliance'],
      registers,
    });
    this.space = new Gauge({
      name: 'rose_csi_pool_bytes',
      help: 'Pools as the leader last saw them: total, and what new thin and thick volumes may take.',
      labelNames: ['appliance', 'pool', 'kind'],
      registers,
    });
    this.poolState = new Gauge({
      name: 'rose_csi_pool_state',
      help: '1 for the state that a pool is in, else 0.',
      labelNames: ['appliance', 'pool', 'state'],
      registers,
    });
    this.leading = new Gauge({
      name: 'rose_csi_leader',
      help: '1 while this process holds the lease and reconciles, else 0.',
      registers,
    });
  }

  acted(action: Action, outcome: Outcome): void {
    this.actions.inc({ action, outcome });
  }

  round(reconciler: string, outcome: 'done' | 'skipped', seconds: number): void {
    this.rounds.observe({ reconciler, outcome }, seconds);
  }

  counts(appliance: string, { orphans, remains, ...publications }: Readonly<Record<string, number>>): void {
    if (orphans !== undefined) this.orphans.set({ appliance }, orphans);
    if (remains !== undefined) this.remains.set({ appliance }, remains);
    for (const [state, count] of Object.entries(publications)) {
      this.publications.set({ appliance, state }, count);
    }
  }

  pools(appliance: string, pools: readonly Pool[]): void {
    this.forgetPools(appliance, pools);
    for (const { name: pool, totalBytes, availableBytes, state: now } of pools) {
      const kinds = { total: totalBytes, ...availableBytes };
      for (const [kind, bytes] of Object.entries(kinds)) {
        this.space.set({ appliance, pool, kind }, Number(bytes));
      }
      for (const state of POOL_STATES) {
        this.poolState.set({ appliance, pool, state }, state === now ? 1 : 0);
      }
    }
  }

  /** A pool that is gone is no pool with its last numbers. */
  private forgetPools(appliance: string, pools: readonly Pool[]): void {
    const now = new Set(pools.map(({ name }) => name));
    for (const pool of (this.known.get(appliance) ?? new Set()).difference(now)) {
      for (const kind of SPACES) this.space.remove({ appliance, pool, kind });
      for (const state of POOL_STATES) this.poolState.remove({ appliance, pool, state });
    }
    this.known.set(appliance, now);
  }

  leads(leads: boolean): void {
    this.leading.set(leads ? 1 : 0);
  }
}
