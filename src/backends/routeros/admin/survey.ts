import type { CallContext } from '../../../core/call-context.ts';
import { type VolumeId, volumeId } from '../../../core/storage/volume-id.ts';
import { answerDisks, type DiskRow, disksOf } from '../operations/disk-row.ts';
import { poolOfPath } from '../operations/owned-volume.ts';
import { recallName } from '../records/stored-name.ts';
import { matches, property } from '../script/code.ts';
import type { AdminDeps } from './admin-deps.ts';
import { type RecordState, recordState } from './record-state.ts';

/** A disk item as `rose-csi volumes list` shows it. */
export interface SurveyedDisk {
  /** undefined: not a volume of our cluster. */
  readonly id?: VolumeId;
  readonly slot: string;
  /** "" where it is not known. */
  readonly name: string;
  readonly bytes: bigint;
  /** "" for what is no file disk. */
  readonly pool: string;
  readonly nodes: readonly string[];
  readonly epoch?: string;
  readonly exported: boolean;
  /** It was there before the driver. */
  readonly imported?: true;
  readonly state: RecordState['state'];
}

/** All disks of the appliance, told apart. Reads only. */
export class Survey {
  constructor(private readonly deps: AdminDeps) {}

  /** @param all also what is not our cluster's. Ordered by slot */
  async run(all: boolean, context: CallContext): Promise<SurveyedDisk[]> {
    const { conversation, ownership } = this.deps;
    const where = all ? matches(property('slot'), '.') : ownership.perhapsOurs();
    const reply = await conversation.run({ operation: 'listVolumes', body: [answerDisks(where)] }, context);
    const disks = disksOf(reply).sort((a, b) => (a.slot < b.slot ? -1 : 1));
    const seen = disks.map((disk) => surveyed(disk, recordState(disk, ownership), ownership.appliance));
    return all ? seen : seen.filter(({ id }) => id !== undefined);
  }
}

function surveyed(disk: DiskRow, record: RecordState, appliance: string): SurveyedDisk {
  const { slot, bytes, exported, path } = disk;
  const common = { slot, bytes, exported, pool: poolOfPath(path), state: record.state };
  switch (record.state) {
    case 'ok': {
      const { name, epoch, publications, imported } = record.record;
      const nodes = publications.map(({ node }) => node);
      const id = volumeId(appliance, slot);
      return {
        id,
        ...common,
        name: recallName(name),
        nodes,
        ...(epoch && { epoch }),
        ...(imported && { imported }),
      };
    }
    case 'edited':
    case 'newer':
      return { id: volumeId(appliance, slot), ...common, name: '', nodes: [] };
    default:
      return { ...common, name: '', nodes: [] };
  }
}
