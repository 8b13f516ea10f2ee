import { BackendError } from '../../core/storage/backend-error.ts';
import type { Pool, PoolCapabilities } from '../../core/storage/pool.ts';
import { type PoolCapacity, PoolLedger } from './capacity.ts';
import type { MockRecord } from './record.ts';

export interface PoolConfig extends PoolCapacity {
  /** Default: snapshots, clones by copy, and compression, of which the mock only keeps the wish: nothing is compressed. */
  readonly capabilities?: Partial<PoolCapabilities>;
}

const DEFAULT_CAPABILITIES: PoolCapabilities = { snapshots: true, clones: 'copied', compression: true };

/** The configured pools, by name. */
export class Pools {
  private readonly configs: readonly PoolConfig[];
  private readonly ledgers: ReadonlyMap<string, PoolLedger>;

  constructor(configs: readonly PoolConfig[]) {
    this.configs = [...configs].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.ledgers = new Map(configs.map((config) => [config.name, new PoolLedger(config)]));
    if (configs.length === 0 || this.ledgers.size < configs.length) {
      throw new RangeError('the mock backend needs one pool or more, each with a name of its own');
    }
  }

  /** @throws BackendError `not-found`. undefined: the first by name */
  require(name: string | undefined): { readonly name: string; readonly capabilities: PoolCapabilities } {
    const config = this.configs.find((pool) => name === undefined || pool.name === name);
    if (config) return { name: config.name, capabilities: capabilitiesOf(config) };
    const known = this.configs.map((pool) => pool.name).join(', ');
    throw new BackendError('not-found', `pool ${JSON.stringify(name)} does not exist; there are ${known}`);
  }

  /** @throws BackendError `exhausted` where a pool has no room for the record beside the others */
  admit(record: MockRecord, current: MockRecord | undefined): void {
    for (const ledger of this.ledgers.values()) ledger.admit(record, current);
  }

  /** One record took the place of another; undefined: there was or is none. */
  replace(before: MockRecord | undefined, after: MockRecord | undefined): void {
    for (const ledger of this.ledgers.values()) ledger.replace(before, after);
  }

  list(): Pool[] {
    return this.configs.map((config) => ({
      name: config.name,
      totalBytes: config.capacityBytes,
      availableBytes: this.ledgers.get(config.name)?.available() ?? { thin: 0n, thick: 0n },
      state: 'online',
      capabilities: capabilitiesOf(config),
    }));
  }
}

const capabilitiesOf = (config: PoolConfig): PoolCapabilities => ({
  ...DEFAULT_CAPABILITIES,
  ...config.capabilities,
});
