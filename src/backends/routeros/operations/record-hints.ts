import type { DiskRow } from './disk-row.ts';

/** Volumes whose last seen row is kept; older ones are read again. */
const ROWS_MAX = 20_000;

/**
 * The disk items as they were last seen. A hint, never a decision: what is concluded from one is either the condition
 * of a compare-and-set on the appliance, or read again first.
 */
export class RecordHints {
  private readonly rows = new Map<string, DiskRow>();

  get(slot: string): DiskRow | undefined {
    return this.rows.get(slot);
  }

  /** undefined: it is not there, or not known any more. */
  note(slot: string, row: DiskRow | undefined): void {
    this.rows.delete(slot);
    if (!row) return;
    this.rows.set(slot, row);
    const [oldest] = this.rows.keys();
    if (this.rows.size > ROWS_MAX && oldest !== undefined) this.rows.delete(oldest);
  }
}
