import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { errnoOf } from '../failure.ts';
import type { MockRecord } from '../record.ts';
import type { RecordPersistence } from '../record-table.ts';
import type { DurableFiles } from './durable-files.ts';
import { type Layout, slotOfRecord } from './layout.ts';
import { parseRecord, printRecord } from './record-file.ts';

/** A file for each record. The rename is the moment at which a write counts. */
export class FolderPersistence implements RecordPersistence {
  constructor(
    private readonly layout: Layout,
    private readonly files: DurableFiles,
    private readonly unique: () => string,
    private readonly release: () => Promise<void>,
  ) {}

  /** @throws BackendError `precondition` for a damaged record, or a name that is none: an omission would lose volumes */
  async loadAll(): Promise<readonly MockRecord[]> {
    const records: MockRecord[] = [];
    for (const file of await readdir(this.layout.records)) {
      const slot = slotOfRecord(file);
      if (slot === undefined) {
        throw new BackendError(
          'precondition',
          `${basename(this.layout.records)}/${file} in ${this.layout.root} is no record; move it out of the folder`,
        );
      }
      const record = await this.load(slot);
      if (record) records.push(record);
    }
    return records;
  }

  async load(slot: string): Promise<MockRecord | undefined> {
    const path = this.layout.record(slot);
    try {
      return parseRecord(path, slot, await readFile(path, 'utf8'));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async save(record: MockRecord): Promise<void> {
    const staged = this.layout.staged(record.slot, this.unique());
    try {
      await this.files.write(staged, printRecord(record));
      await this.files.rename(staged, this.layout.record(record.slot));
    } finally {
      await this.files.remove(staged);
    }
  }

  remove(slot: string): Promise<void> {
    return this.files.remove(this.layout.record(slot));
  }

  close(): Promise<void> {
    return this.release();
  }
}
