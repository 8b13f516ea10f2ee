import { formatBytes } from '../../core/bytes.ts';
import { BackendError } from '../../core/storage/backend-error.ts';
import type { Provisioning } from '../../core/storage/volume.ts';
import { type MockRecord, snapshotsOf } from './record.ts';

export interface PoolCapacity {
  readonly name: string;
  readonly capacityBytes: bigint;
  /** How often a thin volume's space may be promised, from 1 (in full, the default) up. */
  readonly overcommit?: number;
}

/**
 * What a pool has promised and what it can still promise. A thick volume counts in full, a thin one by the
 * overcommit factor. A snapshot counts as a thin volume of its size: once its source has been rewritten it takes
 * that much.
 */
export class PoolLedger {
  /** The overcommit factor in thousandths, so that sizes stay exact integers. */
  private readonly thousandths: bigint;
  /** Kept as records change: adding up all of them at each change would make many volumes slow. */
  private promised = 0n;

  constructor(private readonly pool: PoolCapacity) {
    this.thousandths = BigInt(Math.round((pool.overcommit ?? 1) * 1000));
    if (this.thousandths < 1000n) throw new RangeError(`pool ${pool.name}: overcommit is less than 1`);
  }

  /** One record took the place of another; undefined: there was or is none. */
  replace(before: MockRecord | undefined, after: MockRecord | undefined): void {
    this.promised += this.cost(after) - this.cost(before);
  }

  available(): Record<Provisioning, bigint> {
    const free = this.free(undefined);
    return { thick: free, thin: (free * this.thousandths) / 1000n };
  }

  /**
   * Only growth is refused: what a pool that was made smaller holds can still be published, changed, detached.
   * @throws BackendError `exhausted` if the record, in place of `current`, promises more than the others leave
   */
  admit(record: MockRecord, current: MockRecord | undefined): void {
    if (this.cost(record) <= this.cost(current)) return;
    const free = this.free(current);
    if (this.cost(record) <= free) return;
    const wanted = promisedBytes(record, this.pool.name);
    throw new BackendError(
      'exhausted',
      `pool ${this.pool.name} has no room for ${record.kind} ${JSON.stringify(record.name)}: wanted are ` +
        `${formatBytes(wanted)}, available ${formatBytes(free)} beside all others; delete or move something`,
    );
  }

  /** Never negative: a pool that was made smaller in the configuration has nothing to give. */
  private free(without: MockRecord | undefined): bigint {
    const promised = this.promised - this.cost(without);
    return promised < this.pool.capacityBytes ? this.pool.capacityBytes - promised : 0n;
  }

  private cost(record: MockRecord | undefined): bigint {
    if (!record) return 0n;
    const bytes = promisedBytes(record, this.pool.name);
    const thick = record.kind === 'volume' && record.provisioning === 'thick';
    return thick || bytes === 0n ? bytes : (bytes * 1000n + this.thousandths - 1n) / this.thousandths;
  }
}

/** What a record promises in a pool, before overcommit. */
function promisedBytes(record: MockRecord, pool: string): bigint {
  if (record.kind === 'volume') return record.pool === pool ? record.capacityBytes : 0n;
  const own = snapshotsOf(record).filter((entry) => entry.pool === pool);
  return own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0n);
}
