import type { CallContext } from '../../../core/call-context.ts';
import type { Volume } from '../../../core/storage/volume.ts';
import type { VolumeId } from '../../../core/storage/volume-id.ts';
import type { VolumeDeps } from './volume-deps.ts';

/** ControllerGetVolume on the appliance; callers that ask for one volume at once share a read. */
export class GetVolume {
  constructor(private readonly deps: VolumeDeps) {}

  async run(id: VolumeId, context: CallContext): Promise<Volume | undefined> {
    const { disks, ownership } = this.deps;
    const slot = ownership.slotOf(id);
    if (slot === undefined) return undefined;
    const owned = ownership.volume(await disks.read(slot, context));
    return owned && ownership.view(owned);
  }
}
