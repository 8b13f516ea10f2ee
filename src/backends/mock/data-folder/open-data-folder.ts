import { mkdir, readdir } from 'node:fs/promises';
import { type Logger, silentLogger } from '../../../core/observe/logger.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { NqnNaming } from '../../../core/storage/nqn.ts';
import type { ImageStore } from '../image-store.ts';
import type { MockRecord } from '../record.ts';
import { RecordTable } from '../record-table.ts';
import { type Reflink, reflink } from './copy-image.ts';
import { DurableFiles, exists, type StepHook } from './durable-files.ts';
import { type Allocate, fallocate } from './fallocate.ts';
import { FolderImageStore } from './folder-image-store.ts';
import { lockFolder } from './folder-lock.ts';
import { FolderPersistence } from './folder-persistence.ts';
import { Layout } from './layout.ts';
import { type Recovery, recover } from './recover.ts';

export interface DataFolderOptions {
  /** Made if it is not there; its parent must be. */
  readonly path: string;
  /** The appliance's name, as given to the backend. */
  readonly appliance: string;
  readonly naming: NqnNaming;
  readonly random: (bytes: number) => Uint8Array;
  readonly logger?: Logger;
  readonly procRoot?: string;
  readonly pid?: number;
  readonly allocate?: Allocate;
  readonly reflink?: Reflink;
  readonly beforeStep?: StepHook;
}

/** What a mock backend over a data folder is made with. Closing the records gives the folder free. */
export interface DataFolder {
  readonly records: RecordTable;
  readonly images: ImageStore;
}

/**
 * Opens a data folder: locks it, finishes or undoes what a killed process left, and reads the records.
 * @throws BackendError `in-use` another live process has it open · `precondition` a record that cannot be read,
 * or images without any records; nothing was changed then
 */
export async function openDataFolder(options: DataFolderOptions): Promise<DataFolder> {
  const { path, naming, appliance, random, logger = silentLogger } = options;
  const layout = new Layout(path);
  const files = new DurableFiles(options.beforeStep);
  const unique = () => Buffer.from(random(8)).toString('hex');
  await mkdir(path, { recursive: true, mode: 0o700 });
  const { procRoot = '/proc', pid = process.pid } = options;
  const release = await lockFolder({ path, procRoot, pid });
  try {
    await makeFolders(layout);
    const persistence = new FolderPersistence(layout, files, unique, release);
    await settle(persistence, { layout, files, naming, appliance, logger });
    const { allocate = fallocate(), reflink: share = reflink } = options;
    const images = new FolderImageStore({ layout, files, naming, unique, allocate, reflink: share });
    return { records: await RecordTable.open(persistence), images };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Records that vanished as a whole were lost or not mounted; they never mean that all images may go. */
async function makeFolders(layout: Layout): Promise<void> {
  const known = await exists(layout.records);
  const images = (await exists(layout.volumes)) ? await readdir(layout.volumes) : [];
  if (!known && images.length > 0) {
    throw new BackendError(
      'precondition',
      `${layout.records} is missing, but ${layout.volumes} holds ${images.length} images; restore the records, ` +
        'or move the images away',
    );
  }
  for (const folder of layout.folders) await mkdir(folder, { recursive: true, mode: 0o700 });
}

async function settle(persistence: FolderPersistence, recovery: Recovery): Promise<void> {
  const found = await persistence.loadAll();
  const settled = await recover(found, recovery);
  const changed = settled.filter((record: MockRecord, at: number) => record !== found[at]);
  for (const record of changed) await persistence.save(record);
}
