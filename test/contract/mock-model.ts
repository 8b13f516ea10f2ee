import { MiB } from '../../src/core/bytes.ts';

/** The whole of a claim: `single rw`, `single ro`, `multi rw`, `multi ro`. */
export interface ModelClaim {
  readonly node: string;
  readonly access: string;
}

interface ModelVolume {
  readonly size: bigint;
  readonly claims: readonly ModelClaim[];
}

/** How many nodes may hold a volume at once. */
const HOLDERS: Readonly<Record<string, number>> = {
  'single rw': 1,
  'single ro': 1,
  'multi rw': 2,
  'multi ro': 3,
};

/** The appliance as a child would explain it: names with sizes and holders. Each method gives `ok` or an error kind. */
export class Model {
  readonly volumes = new Map<string, ModelVolume>();
  readonly snapshots = new Map<string, { readonly source: string; readonly size: bigint }>();

  constructor(readonly total: bigint) {}

  get free(): bigint {
    const sizes = [...this.volumes.values(), ...this.snapshots.values()].map(({ size }) => size);
    return sizes.reduce((free, size) => free - size, this.total);
  }

  create(name: string, size: bigint): string {
    const existing = this.volumes.get(name);
    if (existing) return existing.size >= size ? 'ok' : 'conflict';
    if (size > this.free) return 'exhausted';
    this.volumes.set(name, { size, claims: [] });
    return 'ok';
  }

  expand(name: string, size: bigint): string {
    const volume = this.volumes.get(name);
    if (!volume) return 'not-found';
    if (size <= volume.size) return 'ok';
    if (size - volume.size > this.free) return 'exhausted';
    this.volumes.set(name, { ...volume, size });
    return 'ok';
  }

  delete(name: string): string {
    if (this.volumes.get(name)?.claims.length) return 'in-use';
    this.volumes.delete(name);
    return 'ok';
  }

  publish(name: string, claim: ModelClaim): string {
    const volume = this.volumes.get(name);
    if (!volume) return 'not-found';
    const own = volume.claims.find(({ node }) => node === claim.node);
    if (own) return own.access === claim.access ? 'ok' : 'conflict';
    const alike = volume.claims.every(({ access }) => access === claim.access);
    if (!alike || volume.claims.length >= (HOLDERS[claim.access] ?? 0)) return 'in-use';
    this.volumes.set(name, { ...volume, claims: [...volume.claims, claim] });
    return 'ok';
  }

  unpublish(name: string, node: string): string {
    const volume = this.volumes.get(name);
    if (volume) {
      const claims = volume.claims.filter((claim) => node !== 'all' && claim.node !== node);
      this.volumes.set(name, { ...volume, claims });
    }
    return 'ok';
  }

  snapshot(name: string, source: string): string {
    const existing = this.snapshots.get(name);
    if (existing) return existing.source === source ? 'ok' : 'conflict';
    const size = this.volumes.get(source)?.size;
    if (size === undefined) return 'not-found';
    if (size > this.free) return 'exhausted';
    this.snapshots.set(name, { source, size });
    return 'ok';
  }

  deleteSnapshot(name: string): string {
    this.snapshots.delete(name);
    return 'ok';
  }
}

export const SIZES: readonly bigint[] = [1n * MiB, 2n * MiB, 5n * MiB];
export const ACCESSES = Object.keys(HOLDERS);
export const MAX_READERS = HOLDERS['multi ro'] ?? 0;
