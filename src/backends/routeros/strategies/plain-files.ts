import type { Layout } from '../records/layout.ts';
import { command } from '../script/command.ts';
import { fileNamed, makeFolder, unused } from './files.ts';
import type { ImageStrategy } from './image-strategy.ts';

/** A file a volume, on file systems that cannot do more (xfs, ext4): no snapshots, no shared clones. */
export class PlainFiles implements ImageStrategy {
  constructor(private readonly layout: Layout) {}

  place({ name }: { readonly name: string }, slot: string) {
    return this.layout.plain(name, slot);
  }

  prepare({ name }: { readonly name: string }) {
    return this.layout.folders(name).map(makeFolder);
  }

  clear({ name }: { readonly name: string }, slot: string) {
    const { image, record } = this.layout.plain(name, slot);
    // The record last: as long as it says that the volume is deleted, a retry finishes what was begun.
    return [image.slice(1), record].map((name) =>
      command('/file', 'remove', {}, { items: unused(fileNamed(name), image) }),
    );
  }
}
