import type { PoolFacts } from '../operations/pools.ts';
import type { Layout } from '../records/layout.ts';
import { BtrfsSubvolumes } from './btrfs-subvolumes.ts';
import type { ImageStrategy } from './image-strategy.ts';
import { PlainFiles } from './plain-files.ts';

/** Chooses by the pool's file system. */
export class ImageStrategies {
  private readonly plain: ImageStrategy;
  private readonly subvolumes: ImageStrategy;

  constructor(layout: Layout) {
    this.plain = new PlainFiles(layout);
    this.subvolumes = new BtrfsSubvolumes(layout);
  }

  for({ fs }: Pick<PoolFacts, 'fs'>): ImageStrategy {
    return fs === 'btrfs' ? this.subvolumes : this.plain;
  }
}
