import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, statfsSync } from 'node:fs';
import { mkdir, open, readdir } from 'node:fs/promises';
import type { CsiClient } from '../../core/csi/client.ts';
import {
  NodeExpandVolumeRequest,
  NodePublishVolumeRequest,
  NodeStageVolumeRequest,
  VolumeUsage_Unit,
} from '../../core/csi/generated/csi.ts';
import { demand, type Steps } from './steps.ts';
import { LARGE, SMALL, type VolumeWalk } from './volume-walk.ts';

const WRITTEN_BYTES = 8 * 1024 * 1024;

/** The node's half of a volume's life, as kubelet walks it, and a pod that writes and reads. */
export class NodeWalk {
  /** Of what is to be read. */
  checksum = '';
  private device: string | undefined;
  private readonly staging: string;
  private readonly target: string;

  constructor(
    private readonly steps: Steps,
    private readonly csi: CsiClient,
    private readonly volume: VolumeWalk,
    private readonly folder: string,
    name: string,
  ) {
    this.staging = `${folder}/staging-${name}`;
    this.target = `${folder}/pod-${name}`;
  }

  private get block(): boolean {
    return this.volume.capability.accessType?.$case === 'block';
  }

  /** Where the pod writes: a file in its folder, or the device itself. */
  private get data(): string {
    return this.block ? this.target : `${this.target}/data`;
  }

  stage(): Promise<void> {
    const request = NodeStageVolumeRequest.fromPartial({
      volumeId: this.volume.volumeId,
      publishContext: this.volume.publishContext,
      stagingTargetPath: this.staging,
      volumeCapability: this.volume.capability,
    });
    return this.steps.step('stage on the node', async () => {
      // The orchestrator makes the staging folder (CSI v1.13), the driver the target.
      await mkdir(this.staging, { recursive: true });
      const others = await this.attachedDevices();
      await this.csi.node.nodeStageVolume(request);
      const devices = (await this.attachedDevices()).filter((device) => !others.includes(device));
      demand(devices.length === 1, `${devices.length} devices are attached`);
      this.device = devices[0];
      const made = this.volume.from ? '' : 'made and ';
      return this.block ? `${this.device} attached` : `${this.device} attached, file system ${made}mounted`;
    });
  }

  publish(): Promise<void> {
    const request = NodePublishVolumeRequest.fromPartial({
      volumeId: this.volume.volumeId,
      publishContext: this.volume.publishContext,
      stagingTargetPath: this.staging,
      targetPath: this.target,
      volumeCapability: this.volume.capability,
    });
    return this.steps.step('publish into the pod', async () => {
      for (let time = 0; time < 3; time += 1) await this.csi.node.nodePublishVolume(request);
      const mounts = mountPoints().filter((path) => path === this.target);
      demand(mounts.length === 1, `${mounts.length} mounts on the target`);
      return 'asked three times, mounted once';
    });
  }

  /** @param where in words, if not to a new place */
  write(where?: string): Promise<void> {
    const title = `write ${WRITTEN_BYTES} random bytes${where === undefined ? '' : ` ${where}`}`;
    return this.steps.step(title, async () => {
      const bytes = randomBytes(WRITTEN_BYTES);
      this.checksum = sha256(bytes);
      const file = await open(this.data, this.block ? 'r+' : 'w');
      try {
        await file.write(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      return `fsync done, sha256 ${this.checksum.slice(0, 12)}…`;
    });
  }

  read(when: string): Promise<void> {
    return this.steps.step(`read back ${when}`, async () => {
      const file = await open(this.data, 'r');
      try {
        const bytes = Buffer.alloc(WRITTEN_BYTES);
        await file.read(bytes, 0, WRITTEN_BYTES, 0);
        demand(sha256(bytes) === this.checksum, 'the checksum differs: data was lost');
      } finally {
        await file.close();
      }
      return 'same checksum';
    });
  }

  expand(): Promise<void> {
    const request = NodeExpandVolumeRequest.fromPartial({
      volumeId: this.volume.volumeId,
      volumePath: this.target,
      stagingTargetPath: this.staging,
      capacityRange: { requiredBytes: LARGE },
      volumeCapability: this.volume.capability,
    });
    return this.steps.step('expand on the node', async () => {
      const { capacityBytes } = await this.csi.node.nodeExpandVolume(request);
      demand(capacityBytes === LARGE, `the device has ${capacityBytes} bytes`);
      if (this.block) return 'the device has the new size';
      const { blocks, bsize } = statfsSync(this.target);
      demand(blocks * bsize > Number(SMALL), 'the file system did not grow');
      return 'device and file system have grown while mounted';
    });
  }

  stats(): Promise<void> {
    return this.steps.step('statistics', async () => {
      const { usage } = await this.csi.node.nodeGetVolumeStats({
        volumeId: this.volume.volumeId,
        volumePath: this.target,
        stagingTargetPath: this.staging,
      });
      const bytes = usage.find(({ unit }) => unit === VolumeUsage_Unit.BYTES);
      demand((bytes?.total ?? 0n) > 0n, 'no total size');
      return this.block ? `${bytes?.total} bytes` : `${bytes?.used} of ${bytes?.total} bytes used`;
    });
  }

  unpublish(): Promise<void> {
    return this.steps.step('unpublish from the pod', async () => {
      await this.callUnpublish();
      demand(!mountPoints().includes(this.target), 'the target is still mounted');
      return 'the mount is gone';
    });
  }

  unstage(): Promise<void> {
    return this.steps.step('unstage from the node', async () => {
      await this.callUnstage();
      demand(!mountPoints().includes(this.staging), 'the staging path is still mounted');
      const attached = await this.attachedDevices();
      demand(!attached.some((device) => device === this.device), `${this.device} is still attached`);
      return 'mount and device are gone';
    });
  }

  /** What is left to undo after a failure, whatever was reached. */
  async undo(): Promise<void> {
    if (this.volume.volumeId === '') return;
    await this.callUnpublish();
    await this.callUnstage();
  }

  private callUnpublish(): Promise<unknown> {
    return this.csi.node.nodeUnpublishVolume({ volumeId: this.volume.volumeId, targetPath: this.target });
  }

  private callUnstage(): Promise<unknown> {
    const request = { volumeId: this.volume.volumeId, stagingTargetPath: this.staging };
    return this.csi.node.nodeUnstageVolume(request);
  }

  private attachedDevices(): Promise<string[]> {
    return loopDevicesBelow(this.folder);
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Octal escapes as in proc_pid_mountinfo(5); the demo's own paths need none. */
const mountPoints = (): string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');

/** Loop devices whose backing file lies below a folder, such as `/dev/loop3`. */
export async function loopDevicesBelow(folder: string): Promise<string[]> {
  const names = (await readdir('/sys/block')).filter((name) => name.startsWith('loop'));
  return names.filter((name) => backingFile(name).startsWith(`${folder}/`)).map((name) => `/dev/${name}`);
}

function backingFile(name: string): string {
  try {
    return readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8');
  } catch {
    // A loop device without a backing file has no such attribute.
    return '';
  }
}

/** Everything below a folder that is still mounted. */
export const mountsBelow = (folder: string): string[] =>
  mountPoints().filter((path) => path.startsWith(`${folder}/`));
