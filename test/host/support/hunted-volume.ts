import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { CsiClient } from '../../../src/core/csi/client.ts';
import {
  CreateVolumeRequest,
  NodePublishVolumeRequest,
  type VolumeCapability,
} from '../../../src/core/csi/generated/csi.ts';

const MARK_BYTES = 32;
/** Of raw block the mark stands behind the first sectors, as a workload's data would. */
const BLOCK_OFFSET = 4096;

/** A volume through a driver that may be killed at any moment, and the mark that was last written to it. */
export class HuntedVolume {
  readonly staging: string;
  readonly targets: readonly string[];
  private id = '';
  private publishContext: Record<string, string> = {};
  private written: string | undefined;

  constructor(
    private readonly client: () => CsiClient,
    folder: string,
    readonly kind: string,
    private readonly capability: VolumeCapability,
    private readonly requiredBytes: bigint,
  ) {
    this.staging = join(folder, `staging-${kind}`);
    this.targets = [1, 2].map((pod) => join(folder, `pod-${pod}-${kind}`, 'mount'));
    mkdirSync(this.staging);
  }

  async create(): Promise<void> {
    const request = CreateVolumeRequest.fromPartial({
      name: this.kind,
      capacityRange: { requiredBytes: this.requiredBytes },
      volumeCapabilities: [this.capability],
    });
    this.id = (await this.client().controller.createVolume(request)).volume?.volumeId ?? '';
  }

  delete(): Promise<unknown> {
    return this.client().controller.deleteVolume({ volumeId: this.id, secrets: {} });
  }

  /** Each may be refused: another call runs, or the order is wrong. What counts is what the data says later. */
  readonly calls = {
    attach: async () => {
      const { controller } = this.client();
      const request = { ...this.request(), nodeId: 'hunted' };
      this.publishContext = (await controller.controllerPublishVolume(request)).publishContext;
    },
    detach: () =>
      this.client().controller.controllerUnpublishVolume({
        volumeId: this.id,
        nodeId: 'hunted',
        secrets: {},
      }),
    stage: () => this.client().node.nodeStageVolume(this.request()),
    unstage: () => {
      const request = { volumeId: this.id, stagingTargetPath: this.staging };
      return this.client().node.nodeUnstageVolume(request);
    },
    publish: (pod: number) =>
      this.client().node.nodePublishVolume({ ...this.request(), targetPath: this.targets[pod] ?? '' }),
    unpublish: (pod: number) =>
      this.client().node.nodeUnpublishVolume({ volumeId: this.id, targetPath: this.targets[pod] ?? '' }),
  };

  /** Up to the pods. */
  async bringUp(pod: number): Promise<void> {
    await this.calls.attach();
    await this.calls.stage();
    await this.calls.publish(pod);
  }

  /** Off the node, whatever of it is up. */
  async unmount(): Promise<void> {
    for (const pod of this.targets.keys()) await this.calls.unpublish(pod);
    await this.calls.unstage();
  }

  async takeDown(): Promise<void> {
    await this.unmount();
    await this.calls.detach();
  }

  /** What is wrong with the volume at the paths where it is mounted; where nothing is, a new mark is left. */
  examine(mark: string): string[] {
    const stacks = this.targets.map((path) => mountPoints().filter((mounted) => mounted === path).length);
    const faults = stacks.filter((layers) => layers > 1).map((layers) => `${this.kind}: ${layers} layers`);
    for (const path of this.targets.filter((_, at) => (stacks[at] ?? 0) > 0)) {
      const found = this.written === undefined ? undefined : this.read(path);
      if (found !== this.written) faults.push(`${this.kind}: «${found}» instead of «${this.written}»`);
      this.write(path, mark.padEnd(MARK_BYTES, '.'));
    }
    return faults;
  }

  private request() {
    return NodePublishVolumeRequest.fromPartial({
      volumeId: this.id,
      publishContext: this.publishContext,
      stagingTargetPath: this.staging,
      volumeCapability: this.capability,
    });
  }

  private read(path: string): string {
    if (this.kind !== 'block') return readFileSync(join(path, 'mark'), 'utf8');
    const bytes = Buffer.alloc(MARK_BYTES);
    const device = openSync(path, 'r');
    readSync(device, bytes, 0, MARK_BYTES, BLOCK_OFFSET);
    closeSync(device);
    return bytes.toString();
  }

  private write(path: string, mark: string): void {
    const block = this.kind === 'block';
    const file = block ? openSync(path, 'r+') : openSync(join(path, 'mark'), 'w');
    writeSync(file, mark, block ? BLOCK_OFFSET : 0);
    fsyncSync(file);
    closeSync(file);
    this.written = mark;
  }
}

const mountPoints = (): string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
