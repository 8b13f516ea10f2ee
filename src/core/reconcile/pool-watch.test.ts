import { describe, expect, test } from 'bun:test';
import { detachedContext } from '../call-context.ts';
import type { Pool } from '../storage/pool.ts';
import type { StorageBackend } from '../storage/storage-backend.ts';
import { PoolWatch } from './pool-watch.ts';

const capabilities = { snapshots: true, clones: 'shared', compression: true } as const;
const pool = (left: bigint, change: Partial<Pool> = {}): Pool => ({
  name: 'pool1',
  totalBytes: 100n,
  availableBytes: { thin: left, thick: left },
  state: 'online',
  capabilities,
  ...change,
});

function rig() {
  const { signal } = new AbortController();
  const told: string[] = [];
  const reported: number[] = [];
  let now = pool(50n);
  const watch = new PoolWatch({
    backend: { name: 'rds', pools: async () => [now] } as unknown as StorageBackend,
    announcer: { announce: (_, { reason }) => told.push(reason) },
    reports: { pools: (_, pools) => reported.push(pools.length) },
  });
  const look = async (next: Pool) => {
    now = next;
    await watch.round({ signal, valid: () => true }, detachedContext(signal));
  };
  return { told, reported, look };
}

describe('the watch over pools', () => {
  test('tells once of a pool that is nearly full, and again after it had room in between', async () => {
    const { told, reported, look } = rig();
    for (const left of [50n, 9n, 8n, 12n, 9n]) await look(pool(left));
    expect(told).toEqual(['PoolNearlyFull']);
    await look(pool(40n));
    await look(pool(5n));
    expect(told).toEqual(['PoolNearlyFull', 'PoolNearlyFull']);
    expect(reported).toHaveLength(7);
  });

  test('tells of a pool that is degraded or offline when it becomes so', async () => {
    const { told, look } = rig();
    await look(pool(50n, { state: 'degraded', stateReason: 'a disk is missing' }));
    await look(pool(50n, { state: 'degraded' }));
    await look(pool(50n));
    await look(pool(50n, { state: 'offline' }));
    expect(told).toEqual(['PoolDegraded', 'PoolOffline']);
  });
});
