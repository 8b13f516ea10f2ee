import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/observe/logger.ts';
import type { NqnNaming } from '../../core/storage/nqn.ts';
import { type DataFolder, openDataFolder } from './data-folder/open-data-folder.ts';
import { NoImages } from './image-store.ts';
import { MemoryPersistence } from './memory-persistence.ts';
import { MockBackend } from './mock-backend.ts';
import type { PoolConfig } from './pools.ts';
import { RecordTable } from './record-table.ts';

export interface MockSettings {
  readonly name: string;
  readonly clusterId: string;
  readonly nqnNaming: NqnNaming;
  readonly pools: readonly PoolConfig[];
  /** The data folder; undefined: in memory, where nothing can be attached. */
  readonly folder: string | undefined;
  /** ms that each operation takes. */
  readonly latencyMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** @throws BackendError where the data folder is in use, or cannot be read as it is */
export async function openMockBackend(settings: MockSettings): Promise<MockBackend> {
  const { folder, logger, name, nqnNaming, ...options } = settings;
  const random = (bytes: number): Uint8Array => randomBytes(bytes);
  const { records, images }: DataFolder = folder
    ? await openDataFolder({ path: folder, appliance: name, naming: nqnNaming, random, logger })
    : { records: await RecordTable.open(new MemoryPersistence()), images: new NoImages('/nonexistent') };
  return new MockBackend({ name, nqnNaming, ...options, records, images, random });
}
