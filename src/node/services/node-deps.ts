import type { Clock } from '../../core/clock.ts';
import type { NodeServiceCapability_RPC_Type } from '../../core/csi/generated/csi.ts';
import type { NqnNaming } from '../../core/storage/nqn.ts';
import type { NodeId } from '../../core/storage/volume-id.ts';
import type { BlockDevices } from '../devices/block-devices.ts';
import type { DeviceFiles } from '../devices/device-files.ts';
import type { ReadDevice } from '../devices/device-reader.ts';
import type { DeviceUsage } from '../devices/device-usage.ts';
import type { CommandRunner } from '../exec/command-runner.ts';
import type { Filesystems } from '../filesystems/filesystems.ts';
import type { FormatIntents } from '../filesystems/format-intent.ts';
import type { Formatter } from '../filesystems/formatter.ts';
import type { Cryptsetup } from '../luks/cryptsetup.ts';
import type { Mappers } from '../luks/mappers.ts';
import type { MountTable } from '../mounts/mount-table.ts';
import type { Mounter } from '../mounts/mounter.ts';
import type { Transport } from '../transports/transport.ts';
import type { DeadEpochs } from './dead-epochs.ts';
import type { StatfsReader } from './statfs-reader.ts';

/** What the node's RPCs are made of. */
export interface NodeDeps {
  readonly nodeId: NodeId;
  readonly maxVolumes: number;
  readonly topology: () => Promise<Readonly<Record<string, string>>>;
  readonly capabilities: readonly NodeServiceCapability_RPC_Type[];
  readonly transports: ReadonlyMap<string, Transport>;
  readonly nqns: NqnNaming;
  readonly mounter: Mounter;
  readonly mounts: MountTable;
  readonly devices: BlockDevices;
  readonly files: DeviceFiles;
  readonly usage: DeviceUsage;
  readonly deadEpochs: DeadEpochs;
  readonly cryptsetup: Cryptsetup;
  readonly mappers: Mappers;
  readonly filesystems: Filesystems;
  readonly formatter: Formatter;
  readonly intents: FormatIntents;
  readonly readDevice: ReadDevice;
  readonly statfs: StatfsReader;
  readonly runner: CommandRunner;
  readonly clock: Clock;
  /** How long NodeExpandVolume waits for the kernel to see the new size, ms. */
  readonly growthWaitMs: number;
}
