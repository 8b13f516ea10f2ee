import type { CsiClient } from '../../core/csi/client.ts';
import { CreateSnapshotRequest, ListSnapshotsRequest } from '../../core/csi/generated/csi.ts';
import type { NodeWalk } from './node-walk.ts';
import { demand, type Steps } from './steps.ts';
import { VolumeWalk } from './volume-walk.ts';

interface Copy {
  readonly volume: VolumeWalk;
  readonly node: NodeWalk | undefined;
}

/** A snapshot, what is restored from it, and a clone, each beside its source and compared with what was written. */
export class CopiesWalk {
  private snapshotId = '';
  private readonly copies: Copy[] = [];

  constructor(
    private readonly steps: Steps,
    private readonly csi: CsiClient,
    private readonly name: string,
    private readonly source: Copy,
    private readonly nodeOf: (volume: VolumeWalk, name: string) => NodeWalk | undefined,
  ) {}

  async walk(): Promise<void> {
    const { volume, node } = this.source;
    const before = node?.checksum;
    await this.snapshot();
    await node?.write('over them');
    await this.restore(before);
    await this.copy(
      `${this.name}-clone`,
      { $case: 'volume', volume: { volumeId: volume.volumeId } },
      node?.checksum,
    );
    await this.deleteSnapshot();
  }

  /** What is left to undo after a failure, whatever was reached. */
  async undo(): Promise<void> {
    for (const { node, volume } of this.copies) {
      await node?.undo();
      await volume.undo();
    }
    if (this.snapshotId !== '') await this.callDelete();
  }

  private snapshot(): Promise<void> {
    const request = CreateSnapshotRequest.fromPartial({
      name: `${this.name}-snapshot`,
      sourceVolumeId: this.source.volume.volumeId,
    });
    return this.steps.step('snapshot it', async () => {
      const { snapshot } = await this.csi.controller.createSnapshot(request);
      this.snapshotId = snapshot?.snapshotId ?? '';
      const again = await this.csi.controller.createSnapshot(request);
      demand(again.snapshot?.snapshotId === this.snapshotId, 'the same name gave another snapshot');
      demand(snapshot?.readyToUse === true, 'it is not ready');
      return `${this.snapshotId}; ready at once; asked twice, made once`;
    });
  }

  private restore(checksum: string | undefined): Promise<void> {
    const snapshot = { snapshotId: this.snapshotId };
    return this.copy(`${this.name}-restored`, { $case: 'snapshot', snapshot }, checksum);
  }

  private async copy(name: string, from: VolumeWalk['from'], checksum: string | undefined): Promise<void> {
    const volume = new VolumeWalk(this.steps, this.csi, name, this.source.volume.capability, from);
    const node = this.nodeOf(volume, name);
    this.copies.push({ volume, node });
    await volume.create();
    if (node && checksum !== undefined) {
      node.checksum = checksum;
      await volume.publish();
      await node.stage();
      await node.publish();
      await node.read(from?.$case === 'snapshot' ? 'as it was at the snapshot' : 'from the clone');
      await node.unpublish();
      await node.unstage();
      await volume.unpublish();
    }
    await volume.delete();
  }

  private deleteSnapshot(): Promise<void> {
    return this.steps.step('delete the snapshot', async () => {
      await this.callDelete();
      await this.callDelete();
      const all = ListSnapshotsRequest.fromPartial({});
      const { entries } = await this.csi.controller.listSnapshots(all);
      demand(entries.length === 0, 'it is still listed');
      return 'no longer listed; asked twice, no error';
    });
  }

  private callDelete(): Promise<unknown> {
    return this.csi.controller.deleteSnapshot({ snapshotId: this.snapshotId, secrets: {} });
  }
}
