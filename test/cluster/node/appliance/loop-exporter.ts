import { linkSync, mkdirSync, rmSync } from 'node:fs';
import type { ExportedImage, Exporter } from '../../../simulator/appliance/ports.ts';
import type { FileStore } from '../../../simulator/nvmet/file-store.ts';

/**
 * Serves images to the loop transport: while one is exported, a hard link to it has the NQN's name, as the mock has it
 * (docs/decisions/0004). Whoever has it open keeps it: nobody is cut off, which NVMe/TCP does and `make e2e-vm` shows.
 */
export class LoopExporter implements Exporter {
  constructor(
    private readonly store: FileStore,
    /** On the same file system as the images. */
    private readonly folder: string,
  ) {
    mkdirSync(folder, { recursive: true });
  }

  start({ nqn, path }: ExportedImage): void {
    linkSync(this.store.file(path), this.link(nqn));
  }

  /** A link has the size of its file. */
  resize(): void {}

  stop({ nqn }: ExportedImage): void {
    rmSync(this.link(nqn), { force: true });
  }

  /** As far as the model knows: nothing is cut off, so nothing is lost where this is wrong. */
  isUsed(): boolean {
    return false;
  }

  drop(): void {}

  private link(nqn: string): string {
    return `${this.folder}/${nqn}`;
  }
}
