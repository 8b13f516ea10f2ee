import { createHash } from 'node:crypto';
import type { ExportedImage, Exporter } from '../appliance/ports.ts';
import { type FileStore, run } from './file-store.ts';
import { nvmet } from './nvmet.ts';

/**
 * Serves images by the kernel's own NVMe/TCP target. Each is behind a loop device, which keeps its size until it is told
 * of another; a file would show its new size at the next Identify of any initiator (nvmet_execute_identify_ns).
 */
export class NvmetExporter implements Exporter {
  /** Loop devices by NQN. */
  private readonly loops = new Map<string, string>();
  /** Stopped, with whoever was connected still at them. */
  private readonly kept: ExportedImage[] = [];

  /** @param address where the exports are to be reached */
  constructor(
    private readonly store: FileStore,
    private readonly address: string,
  ) {}

  start({ slot, nqn, port, path, allowHostName }: ExportedImage): void {
    const loop = run('losetup', '--find', '--show', this.store.file(path));
    this.loops.set(nqn, loop);
    const allowedHosts = allowHostName.split(',').filter((host) => host !== '');
    nvmet.addSubsystem(nqn, loop, { uuid: identityOf(slot), allowedHosts });
    nvmet.addPort({ id: port, address: this.address, port });
    nvmet.link(port, nqn);
  }

  resize({ nqn }: ExportedImage): void {
    run('losetup', '--set-capacity', this.loopOf(nqn));
    nvmet.revalidate(nqn);
  }

  stop(image: ExportedImage, keepSessions: boolean): void {
    if (!keepSessions) this.remove(image);
    else {
      nvmet.closeToNewcomers(image.nqn);
      this.kept.push(image);
    }
  }

  isUsed({ port }: ExportedImage): boolean {
    return nvmet.isConnected(port);
  }

  drop(): void {
    for (const image of this.kept.splice(0)) this.remove(image);
  }

  private remove({ nqn, port }: ExportedImage): void {
    const loop = this.loopOf(nqn);
    nvmet.unlink(port, nqn);
    nvmet.removeSubsystem(nqn);
    run('losetup', '--detach', loop);
    this.loops.delete(nqn);
  }

  private loopOf(nqn: string): string {
    const loop = this.loops.get(nqn);
    if (loop === undefined) throw new RangeError(`${nqn} is not exported`);
    return loop;
  }
}

/**
 * The namespace's UUID. ASSUMED[namespace-identity]: the same in all epochs, the unkind variant: a kernel refuses one that it
 * knows from another subsystem.
 */
function identityOf(slot: string): string {
  const hex = createHash('sha256').update(slot).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}
