import type { PoolFacts } from '../operations/pools.ts';
import type { ImagePlace } from '../records/layout.ts';
import type { Code } from '../script/code.ts';

/** What a new volume's image begins as, besides empty. */
export interface ImageOrigin {
  /** The subvolume that has it, relative to the root of the file system. */
  readonly subvolume: string;
}

/** How images are kept in a pool, by what its file system can do. */
export interface ImageStrategy {
  place(pool: PoolFacts, slot: string): ImagePlace;
  /** Makes what must be there before the disk item: folders, subvolumes. May find it there already. */
  prepare(pool: PoolFacts, slot: string, origin: ImageOrigin | undefined): Code[];
  /** Removes image and record, unless a disk uses the image. Absent ones are a success. */
  clear(pool: PoolFacts, slot: string): Code[];
}
