import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataFolder } from '../../src/backends/mock/data-folder/open-data-folder.ts';
import type { FaultPlan } from '../../src/backends/mock/fault-plan.ts';
import { type ImageStore, NoImages } from '../../src/backends/mock/image-store.ts';
import { MemoryPersistence } from '../../src/backends/mock/memory-persistence.ts';
import { MockBackend, type MockBackendOptions } from '../../src/backends/mock/mock-backend.ts';
import { type RecordStore, RecordTable } from '../../src/backends/mock/record-table.ts';
import { MiB } from '../../src/core/bytes.ts';
import { SystemClock } from '../../src/core/clock.ts';
import { NqnNaming } from '../../src/core/storage/nqn.ts';
import type { BackendFixture } from './bench.ts';

export const APPLIANCE = 'mock';
export const naming = new NqnNaming('nqn.2026-01.test.rose:contract');
export const random = (bytes: number): Uint8Array => randomBytes(bytes);

export interface Stores {
  readonly records: RecordStore;
  readonly images: ImageStore;
}

/** Two pools that differ in all they can do. */
export const mockOptions = (
  stores: Stores,
  change: Partial<MockBackendOptions> = {},
): MockBackendOptions => ({
  name: APPLIANCE,
  clusterId: 'contract',
  nqnNaming: naming,
  pools: [
    { name: 'fast', capacityBytes: 64n * MiB },
    {
      name: 'plain',
      capacityBytes: 100n * MiB,
      overcommit: 1.5,
      capabilities: { snapshots: false, clones: 'none', compression: true },
    },
  ],
  clock: new SystemClock(),
  random,
  capabilities: { maxVolumeBytes: 128n * MiB },
  ...stores,
  ...change,
});

/** Opens the appliance's stores anew, as after a restart. */
export type Reopen = () => Promise<Stores>;

export function memoryStores(): Reopen {
  const persistence = new MemoryPersistence();
  return async () => ({
    records: await RecordTable.open(persistence),
    images: new NoImages('/var/lib/none'),
  });
}

export async function folderStores() {
  const path = await mkdtemp(join(tmpdir(), 'rose-csi-mock-'));
  let keepsImages = false;
  const beforeStep = (step: string) => {
    if (keepsImages && step.startsWith(`remove ${path}/volumes/`))
      throw Object.assign(new Error(`input/output error, ${step}`), { code: 'EIO' });
  };
  const reopen: Reopen = () => openDataFolder({ path, appliance: APPLIANCE, naming, random, beforeStep });
  const cutDeletions = async (work: () => Promise<unknown>) => {
    keepsImages = true;
    await work();
    keepsImages = false;
  };
  return { reopen, path, cutDeletions, remove: () => rm(path, { recursive: true }) };
}

export interface MockFixture extends BackendFixture {
  readonly backend: MockBackend;
  readonly restart: () => Promise<MockBackend>;
}

export async function mockFixture(
  reopen: Reopen,
  change: Partial<MockBackendOptions> & { readonly faults?: FaultPlan } = {},
  remove: () => Promise<void> = async () => undefined,
): Promise<MockFixture> {
  const open = async () => new MockBackend(mockOptions(await reopen(), change));
  const backend = await open();
  let current = backend;
  return {
    backend,
    restart: async () => {
      await current.close();
      current = await open();
      return current;
    },
    outage: {
      begin: async (reason) => {
        current.disconnect(reason);
        return reason;
      },
      end: async () => current.reconnect(),
    },
    dispose: async () => {
      await current.close();
      await remove();
    },
  };
}
