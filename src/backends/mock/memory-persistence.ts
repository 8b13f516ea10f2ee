import type { MockRecord } from './record.ts';
import type { RecordPersistence } from './record-table.ts';

/** Records that live as long as this object: a table opened on it anew finds them, as after a restart. */
export class MemoryPersistence implements RecordPersistence {
  private readonly records = new Map<string, MockRecord>();

  async loadAll(): Promise<readonly MockRecord[]> {
    return [...this.records.values()];
  }

  async load(slot: string): Promise<MockRecord | undefined> {
    return this.records.get(slot);
  }

  async save(record: MockRecord): Promise<void> {
    this.records.set(record.slot, record);
  }

  async remove(slot: string): Promise<void> {
    this.records.delete(slot);
  }

  async close(): Promise<void> {
    // Nothing is open; the records stay for the next table.
  }
}
