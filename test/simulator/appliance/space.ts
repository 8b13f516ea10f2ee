import { failure } from './failures.ts';

/** Bytes on a pool that one file has, or several share since a snapshot. */
export interface Extent {
  readonly id: number;
  readonly bytes: bigint;
  refs: number;
}

/** What is taken of one file system. */
export class Space {
  private taken: bigint;
  private extents = 0;
  private readonly restored = new Map<number, Extent>();
  /** Of removed subvolumes: still taken until then (monotonic ms). */
  private pending: { readonly bytes: bigint; readonly at: number }[] = [];

  constructor(
    readonly bytes: bigint,
    overhead: bigint,
    private readonly monotonic: () => number,
  ) {
    this.taken = overhead;
  }

  get free(): bigint {
    const now = this.monotonic();
    for (const { bytes, at } of this.pending) if (at <= now) this.taken -= bytes;
    this.pending = this.pending.filter(({ at }) => at > now);
    return this.bytes > this.taken ? this.bytes - this.taken : 0n;
  }

  /** @throws ScriptError where there isn't that much left */
  require(bytes: bigint): void {
    if (bytes > this.free) throw failure('no space');
  }

  /** @throws ScriptError where there isn't that much left */
  allocate(bytes: bigint): Extent {
    this.require(bytes);
    this.taken += bytes;
    this.extents += 1;
    return { id: this.extents, bytes, refs: 1 };
  }

  share(extent: Extent): Extent {
    extent.refs += 1;
    return extent;
  }

  /** @param laterMs how long a last reference's bytes stay taken */
  release(extent: Extent, laterMs = 0): void {
    extent.refs -= 1;
    if (extent.refs > 0) return;
    if (laterMs > 0) this.pending.push({ bytes: extent.bytes, at: this.monotonic() + laterMs });
    else this.taken -= extent.bytes;
  }

  /** For loading: a file's extent as it was saved; one that several share is counted once. */
  restore({ id, bytes }: Pick<Extent, 'id' | 'bytes'>): Extent {
    const known = this.restored.get(id);
    if (known) return this.share(known);
    const extent = { id, bytes, refs: 1 };
    this.restored.set(id, extent);
    this.taken += bytes;
    this.extents = Math.max(this.extents, id);
    return extent;
  }
}
