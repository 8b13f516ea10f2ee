import { expect } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_CAPABILITIES } from '../../../src/core/csi/capabilities.ts';
import type { VolumeCapability } from '../../../src/core/csi/generated/csi.ts';
import type { NodeHandlers } from '../../../src/core/csi/handlers.ts';
import { NqnNaming } from '../../../src/core/storage/nqn.ts';
import type { Export } from '../../../src/core/storage/volume.ts';
import { isNodeId, type VolumeId, volumeId } from '../../../src/core/storage/volume-id.ts';
import { SystemDeviceFiles } from '../../../src/node/devices/device-files.ts';
import { readBlockDevice } from '../../../src/node/devices/device-reader.ts';
import { DeviceWriters } from '../../../src/node/devices/device-writers.ts';
import type { CommandRunner } from '../../../src/node/exec/command-runner.ts';
import { FILESYSTEMS } from '../../../src/node/filesystems/filesystems.ts';
import { FormatIntents } from '../../../src/node/filesystems/format-intent.ts';
import { Formatter } from '../../../src/node/filesystems/formatter.ts';
import { Cryptsetup } from '../../../src/node/luks/cryptsetup.ts';
import { Mappers } from '../../../src/node/luks/mappers.ts';
import { DeadEpochs } from '../../../src/node/services/dead-epochs.ts';
import type { NodeDeps } from '../../../src/node/services/node-deps.ts';
import { nodeHandlers } from '../../../src/node/services/node-service.ts';
import { StatfsReader } from '../../../src/node/services/statfs-reader.ts';
import { LoopTransport } from '../../../src/node/transports/loop-transport.ts';
import {
  exportFor,
  mountCapability,
  publishRequest,
  stageRequest,
} from '../../support/node/node-requests.ts';
import type { Host } from './host.ts';
import { ROOTS, realNode, within } from './node.ts';
import { sh } from './shell.ts';

const CALL_MS = 60_000;
const NODE_ID = 'host-test';

/** The node service over this machine's kernel and the loop transport, with images below the run's folder. */
export class NodeRig {
  readonly host: Host;
  readonly nqns = new NqnNaming(`nqn.2026-01.test.host:${randomBytes(4).toString('hex')}`);
  readonly deps: NodeDeps;
  readonly rpc: Required<NodeHandlers>;

  /** @param runner runs the formatter's programs, to let them fail */
  constructor(host: Host, runner: CommandRunner = realNode().runner) {
    this.host = host;
    const { clock, table, ...floor } = realNode();
    const intents = new FormatIntents(host.newFolder('state'));
    const writers = new DeviceWriters('/proc');
    const transport = new LoopTransport({ nqns: this.nqns, roots: ROOTS, runner: floor.runner, clock });
    if (!isNodeId(NODE_ID)) throw new Error(NODE_ID);
    this.deps = {
      ...floor,
      nodeId: NODE_ID,
      maxVolumes: 8,
      topology: async () => ({}),
      capabilities: NODE_CAPABILITIES.map(({ type }) => type),
      transports: new Map([[transport.name, transport]]),
      nqns: this.nqns,
      mounts: table,
      files: new SystemDeviceFiles(),
      filesystems: FILESYSTEMS,
      formatter: new Formatter({
        runner,
        readDevice: readBlockDevice,
        usage: floor.usage,
        writers,
        clock,
      }),
      intents,
      cryptsetup: new Cryptsetup(runner),
      mappers: new Mappers(ROOTS, floor.devices),
      readDevice: readBlockDevice,
      deadEpochs: new DeadEpochs(clock),
      statfs: new StatfsReader(clock, 5_000),
      clock,
      growthWaitMs: 300,
    };
    this.rpc = nodeHandlers(this.deps) as Required<NodeHandlers>;
  }

  /** A new volume on a sparse image. */
  newVolume(bytes: bigint, staging = this.host.newFolder('staging')): TestVolume {
    return new TestVolume(this, this.host.newImage(Number(bytes)), bytes, true, staging);
  }

  /** A volume on a copy of another one's image, as a restore from a snapshot makes it. */
  restored(from: TestVolume, bytes = from.bytes): TestVolume {
    const image = join(this.host.folder, this.host.unique('restored'));
    sh('cp', '--sparse=always', from.image, image);
    truncateSync(image, Number(bytes));
    return new TestVolume(this, image, bytes, false);
  }
}

/** A volume's image, its current export, and the calls that use it. */
export class TestVolume {
  readonly id: VolumeId;
  readonly #folder: string;
  target: Export;

  constructor(
    readonly rig: NodeRig,
    readonly image: string,
    readonly bytes: bigint,
    private readonly mayFormat = true,
    readonly staging = rig.host.newFolder('staging'),
  ) {
    this.id = volumeId('mock', rig.host.unique('csi'));
    this.#folder = rig.host.newFolder('exports');
    this.target = this.publishAnew();
  }

  /** Exports the image in a new epoch; what is attached in the old one stays so. */
  publishAnew(bytes = this.bytes): Export {
    const { nqns } = this.rig;
    const epoch = randomBytes(8).toString('hex');
    this.target = exportFor(nqns, this.id, {
      epoch,
      bytes,
      mayFormat: this.mayFormat,
      folder: this.#folder,
    });
    mkdirSync(this.#folder, { recursive: true });
    linkSync(this.image, join(this.#folder, this.target.nqn));
    return this.target;
  }

  stage(capability: VolumeCapability = mountCapability()) {
    return this.rig.rpc.nodeStageVolume(this.#stageRequest(capability), within(CALL_MS));
  }

  unstage() {
    return this.rig.rpc.nodeUnstageVolume(
      { volumeId: this.id, stagingTargetPath: this.staging },
      within(CALL_MS),
    );
  }

  publish(path: string, capability: VolumeCapability = mountCapability(), readonly = false) {
    const request = publishRequest(this.#stageRequest(capability), path, readonly);
    return this.rig.rpc.nodePublishVolume(request, within(CALL_MS));
  }

  unpublish(targetPath: string) {
    return this.rig.rpc.nodeUnpublishVolume({ volumeId: this.id, targetPath }, within(CALL_MS));
  }

  expand(volumePath: string, requiredBytes: bigint) {
    const capacityRange = { requiredBytes, limitBytes: 0n };
    return this.rig.rpc.nodeExpandVolume(
      {
        volumeId: this.id,
        volumePath,
        capacityRange,
        stagingTargetPath: this.staging,
        volumeCapability: undefined,
        secrets: {},
      },
      within(CALL_MS),
    );
  }

  async usage(volumePath: string) {
    const request = { volumeId: this.id, volumePath, stagingTargetPath: '' };
    return (await this.rig.rpc.nodeGetVolumeStats(request, within(CALL_MS))).usage;
  }

  /** The reasons of all adverse conditions. */
  async conditions(): Promise<readonly string[]> {
    const request = { volumeId: this.id, volumePublishPath: '', stagingTargetPath: this.staging };
    const { volumeHealth } = await this.rig.rpc.nodeGetVolumeHealth(request, within(CALL_MS));
    return volumeHealth?.healthStatuses.map(({ reason }) => reason) ?? [];
  }

  /** The device it is attached as. */
  async device() {
    const transport = this.rig.deps.transports.get('loop');
    const [found] = (await transport?.find(this.id, within(CALL_MS))) ?? [];
    if (!found) throw new Error(`${this.id} is not attached`);
    return found;
  }

  #stageRequest(capability: VolumeCapability) {
    return stageRequest(this.id, this.target, this.staging, capability);
  }
}

/** What is mounted on the path, the uppermost last. */
export const mountsAt = (path: string) => realNode().table.at(path);

/** The kernel lets ext4 grow only with CAP_SYS_RESOURCE, which a container may lack even as root (capabilities(7)). */
export function mayGrowExt4(): boolean {
  const effective = /^CapEff:\s+([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return ((BigInt(`0x${effective}`) >> 24n) & 1n) === 1n;
}

/** How an ext4 that may not grow here is answered. */
export const MAY_NOT_GROW = { kind: 'permission', message: expect.stringContaining('CAP_SYS_RESOURCE') };
