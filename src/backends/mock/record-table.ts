import { BackendError } from '../../core/storage/backend-error.ts';
import { Mutex } from './mutex.ts';
import type { MockRecord } from './record.ts';

/** A record as it was read; its revision is the condition of the write. */
export interface Stored<R extends MockRecord = MockRecord> {
  readonly record: R;
  /** Never used twice while the table is open, so that a slot that was emptied and filled again is told apart. */
  readonly revision: number;
}

/** One write. The hooks run inside it: no other write happens between them and the record's. */
export interface Commit {
  readonly slot: string;
  /** The revision that was read; undefined: the slot must be empty. */
  readonly expect: number | undefined;
  /** undefined: the record is removed. The very record that was read: only the hooks run. */
  readonly next: MockRecord | undefined;
  /** A last look at all records as they are: throws where they do not allow the write. */
  readonly admit?: (all: () => readonly MockRecord[]) => void;
  /** What must be in place before the record says so. */
  readonly before?: () => Promise<void>;
  /** What may go only when the record no longer says so. */
  readonly after?: () => Promise<void>;
}

/** A record took the place of another; undefined: there was or is none. */
export type RecordWatcher = (before: MockRecord | undefined, after: MockRecord | undefined) => void;

export interface RecordStore {
  get(slot: string): Stored | undefined;
  /** Sorted by slot. */
  list(): readonly Stored[];
  /** Tells of every record that is there, and from then on of every change, in order. */
  watch(watcher: RecordWatcher): void;
  /**
   * Compare and set: all of it happens, or nothing does.
   * @throws RevisionConflict the record is not the expected one · whatever a hook throws · BackendError
   * `unavailable` with `uncertain` the write failed and may have been done
   */
  commit(change: Commit, signal: AbortSignal): Promise<void>;
  /** Waits for the write that runs; later ones throw `unavailable`. */
  close(): Promise<void>;
}

/** How often an operation decides anew; each time somebody else's write got through, so a loser is just slow. */
const ATTEMPTS = 20;

/** Somebody else wrote between the read and the write; deciding anew on the new record is safe. */
export class RevisionConflict extends BackendError {
  constructor(slot: string) {
    super('changed', `the record of ${slot} was changed by another operation; try again`);
  }
}

/**
 * Runs an attempt (read, decide, write) again while others write in between. Safe for every operation here: each
 * attempt decides on what it reads, and a conflict means that its own write was not done. Beyond that many
 * attempts the conflict surfaces as `changed`.
 */
export async function untilUndisturbed<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = ATTEMPTS; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof RevisionConflict) || left <= 1) throw error;
    }
  }
}

/** Where records outlive the process, or not. */
export interface RecordPersistence {
  loadAll(): Promise<readonly MockRecord[]>;
  load(slot: string): Promise<MockRecord | undefined>;
  /** Atomic and durable once it resolves. */
  save(record: MockRecord): Promise<void>;
  remove(slot: string): Promise<void>;
  close(): Promise<void>;
}

/** The records in memory, one write at a time, each first made durable. */
export class RecordTable implements RecordStore {
  private readonly writes = new Mutex();
  private readonly records = new Map<string, Stored>();
  /** The same by slot; replaced at each change, never changed, so that a list in someone's hands stays as it was. */
  private sorted: readonly Stored[] = [];
  private readonly watchers: RecordWatcher[] = [];
  private revisions = 0;
  private closed = false;

  private constructor(private readonly persistence: RecordPersistence) {}

  static async open(persistence: RecordPersistence): Promise<RecordTable> {
    const table = new RecordTable(persistence);
    for (const record of await persistence.loadAll()) table.keep(record.slot, record);
    return table;
  }

  get(slot: string): Stored | undefined {
    return this.records.get(slot);
  }

  list(): readonly Stored[] {
    return this.sorted;
  }

  watch(watcher: RecordWatcher): void {
    this.watchers.push(watcher);
    for (const { record } of this.sorted) watcher(undefined, record);
  }

  commit(change: Commit, signal: AbortSignal): Promise<void> {
    return this.writes.run(signal, async () => {
      const { slot, expect, next, admit, before, after } = change;
      if (this.closed) throw new BackendError('unavailable', 'the mock backend is closed; open it again');
      const current = this.records.get(slot);
      if (current?.revision !== expect) throw new RevisionConflict(slot);
      admit?.(() => this.sorted.map(({ record }) => record));
      await before?.();
      if (next !== current?.record) await this.persist(slot, next);
      await after?.();
    });
  }

  async close(): Promise<void> {
    await this.writes.run(new AbortController().signal, async () => {
      if (this.closed) return;
      this.closed = true;
      await this.persistence.close();
    });
  }

  private async persist(slot: string, next: MockRecord | undefined): Promise<void> {
    try {
      await (next ? this.persistence.save(next) : this.persistence.remove(slot));
    } catch (error) {
      // The write may have got through: what counts is what a restart would find.
      this.keep(slot, await this.persistence.load(slot));
      throw error;
    }
    this.keep(slot, next);
  }

  private keep(slot: string, record: MockRecord | undefined): void {
    this.revisions += 1;
    const before = this.records.get(slot)?.record;
    const stored = record && { record, revision: this.revisions };
    if (stored) this.records.set(slot, stored);
    else this.records.delete(slot);
    this.sorted = replaced(this.sorted, slot, stored);
    for (const watcher of this.watchers) watcher(before, record);
  }
}

/** A sorted list with one slot's entry put in, exchanged or taken out. */
function replaced(sorted: readonly Stored[], slot: string, stored: Stored | undefined): readonly Stored[] {
  let at = 0;
  for (let end = sorted.length; at < end; ) {
    const middle = (at + end) >>> 1;
    if ((sorted[middle]?.record.slot ?? '') < slot) at = middle + 1;
    else end = middle;
  }
  const present = sorted[at]?.record.slot === slot ? 1 : 0;
  return sorted.toSpliced(at, present, ...(stored ? [stored] : []));
}
