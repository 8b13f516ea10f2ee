import type { PoolFacts } from '../operations/pools.ts';
import type { Layout, SubvolumePlace } from '../records/layout.ts';
import { both, type Code, equals, firstOf, matches, property, when } from '../script/code.ts';
import { command, find } from '../script/command.ts';
import { quoteRegex } from '../script/quote.ts';
import { refuse } from '../script/script.ts';
import { isAbsent, makeFolder, unused } from './files.ts';
import type { ImageOrigin, ImageStrategy } from './image-strategy.ts';

/** Why a script refused: the subvolume that a volume begins from is gone. */
export const NO_ORIGIN = 'no-origin';

/** A subvolume a volume, with the image and its record in it: what snapshots and clones are made of. */
export class BtrfsSubvolumes implements ImageStrategy {
  constructor(private readonly layout: Layout) {}

  place({ name }: PoolFacts, slot: string): SubvolumePlace {
    return this.layout.inSubvolume(name, slot);
  }

  prepare(pool: PoolFacts, slot: string, origin: ImageOrigin | undefined): Code[] {
    const name = this.layout.subvolume(slot);
    const parent = origin?.subvolume;
    return [
      ...this.layout.folders(pool.name).map(makeFolder),
      ...(parent === undefined ? [] : [when(isAbsent(subvolumeNamed(pool, parent)), [refuse(NO_ORIGIN)])]),
      when(isAbsent(subvolumeNamed(pool, name)), [
        command('/disk/btrfs/subvolume', 'add', {
          fs: pool.label,
          name,
          parent: parent === undefined ? undefined : firstOf(subvolumeNamed(pool, parent)),
          'read-only': false,
        }),
      ]),
    ];
  }

  clear(pool: PoolFacts, slot: string): Code[] {
    const items = subvolumeNamed(pool, this.layout.subvolume(slot));
    const { image } = this.place(pool, slot);
    return [command('/disk/btrfs/subvolume', 'remove', {}, { items: unused(items, image) })];
  }
}

/**
 * A subvolume by its path from the root of the file system. `name` shows only the last part of it (manual, Btrfs);
 * ASSUMED[subvolume-fullname]: `fullname` ends with the path, whatever stands before.
 */
export const subvolumeNamed = ({ label }: Pick<PoolFacts, 'label'>, path: string): Code =>
  find(
    '/disk/btrfs/subvolume',
    both(equals(property('fs'), label), matches(property('fullname'), endsWith(path))),
  );

const endsWith = (path: string): string => `(^|/)${quoteRegex(path)}$`;
