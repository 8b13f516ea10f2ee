import { formatBytes } from '../../core/bytes.ts';
import { BackendError } from '../../core/storage/backend-error.ts';
import type { Provisioning } from '../../core/storage/volume.ts';
import type { MockRecord } from './record.ts';

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

  constructor(private readonly pool: PoolCapacity) {
    this.thousandths = BigInt(Math.round((pool.overcommit ?? 1) * 1000));
    if (this.thousandths < 1000n) throw new RangeError(`pool ${pool.name}: overcommit is less than 1`);
  }

  available(records: readonly MockRecord[]): Record<Provisioning, bigint> {
    const free = this.free(records);
    return { thick: free, thin: (free * this.thousandths) / 1000n };
  }

  /**
   * Only growth is refused: what a pool that was made smaller holds can still be published, changed, detached.
   * @throws BackendError `exhausted` if the record, in place of `current`, promises more than the others leave
   */
  admit(record: MockRecord, current: MockRecord | undefined, others: readonly MockRecord[]): void {
    if (this.cost(record) <= (current ? this.cost(current) : 0n)) return;
    const free = this.free(others);
    if (this.cost(record) <= free) return;
    const wanted = shares(record)
      .filter(({ pool }) => pool === this.pool.name)
      .reduce((sum, { bytes }) => sum + bytes, 0n);
    throw new BackendError(
      'exhausted',
      `pool ${this.pool.name} has no room for ${record.kind} ${JSON.stringify(record.name)}: wanted are ` +
        `${formatBytes(wanted)}, available ${formatBytes(free)} beside all others; delete or move something`,
    );
  }

  /** Never negative: a pool that was made smaller in the configuration has nothing to give. */
  private free(records: readonly MockRecord[]): bigint {
    const promised = records.reduce((sum, record) => sum + this.cost(record), 0n);
    return promised < this.pool.capacityBytes ? this.pool.capacityBytes - promised : 0n;
  }

  private cost(record: MockRecord): bigint {
    return shares(record)
      .filter(({ pool }) => pool === this.pool.name)
      .reduce((sum, { bytes, provisioning }) => sum + this.weigh(bytes, provisioning), 0n);
  }

  private weigh(bytes: bigint, provisioning: Provisioning): bigint {
    return provisioning === 'thick' ? bytes : (bytes * 1000n + this.thousandths - 1n) / this.thousandths;
  }
}

interface Share {
  readonly pool: string;
  readonly bytes: bigint;
  readonly provisioning: Provisioning;
}

function shares(record: MockRecord): readonly Share[] {
  switch (record.kind) {
    case 'volume':
      return [{ pool: record.pool, bytes: record.capacityBytes, provisioning: record.provisioning }];
    case 'snapshot':
      return [{ pool: record.pool, bytes: record.sizeBytes, provisioning: 'thin' }];
    case 'group':
      return record.members.map(({ pool, sizeBytes }) => ({ pool, bytes: sizeBytes, provisioning: 'thin' }));
  }
}
