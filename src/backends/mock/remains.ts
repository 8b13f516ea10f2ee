import type { Clock } from '../../core/clock.ts';
import { BackendError } from '../../core/storage/backend-error.ts';
import type { Remains } from '../../core/storage/remains.ts';
import { isOwnSlot, parseHandle, type VolumeId, volumeId } from '../../core/storage/volume-id.ts';
import type { ClusterRecords } from './cluster-records.ts';
import type { ImageStore } from './image-store.ts';
import type { MockCall } from './mock-call.ts';
import { untilUndisturbed } from './record-table.ts';

/**
 * Images without a record. A deletion takes the record away first, so each of them was deleted: or never became a volume,
 * which nobody was told of. Opening the folder anew removes them, too (`data-folder/recover.ts`).
 */
export class RemainsOfImages {
  constructor(
    private readonly records: ClusterRecords,
    private readonly images: ImageStore,
    private readonly clock: Clock,
  ) {}

  async list(): Promise<readonly Remains[]> {
    const images = await this.images.volumeImages();
    return images
      .filter(({ slot }) => !this.records.isTaken(slot))
      .sort((a, b) => (a.slot < b.slot ? -1 : 1))
      .map(({ slot, path, bytes, changedAt }) => ({
        id: volumeId(this.records.appliance, slot),
        path,
        state: 'deleted',
        bytes,
        ageMs: this.clock.now() - changedAt,
      }));
  }

  async remove(id: VolumeId, call: MockCall): Promise<void> {
    const handle = parseHandle(id);
    if (handle?.appliance !== this.records.appliance || !isOwnSlot(handle.slot)) return;
    await untilUndisturbed(async () => {
      if (this.records.isTaken(handle.slot))
        throw new BackendError('changed', `nothing is removed: ${id} is a volume, or a snapshot`);
      const after = () => this.images.removeVolume(id, handle.slot);
      await this.records.commit({ slot: handle.slot, expect: undefined, next: undefined, after }, call);
    });
  }
}
