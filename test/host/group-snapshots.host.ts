import { afterAll, beforeAll, expect, test } from 'bun:test';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DriverProcess } from '../../src/commands/demo/driver-process.ts';
import { MiB } from '../../src/core/bytes.ts';
import { CreateVolumeRequest } from '../../src/core/csi/generated/csi.ts';
import { BtrfsStore } from '../simulator/nvmet/btrfs-store.ts';
import { Simulator } from '../simulator/simulator.ts';
import { blockCapability } from '../support/node/node-requests.ts';
import { Host } from './support/host.ts';
import { sh } from './support/shell.ts';

/** The controller on a simulated appliance whose pool is a real btrfs: what it says of subvolumes is asked of the kernel. */
const MAIN = join(import.meta.dir, '../../src/main.ts');
const GiB = 2 ** 30;
const START_MS = 60_000;
const PATIENCE_MS = 60_000;

const host = new Host();
let pool: string;
let simulator: Simulator;
let driver: DriverProcess;

beforeAll(async () => {
  const device = host.newLoop(2 * GiB);
  pool = host.newFolder('pool');
  sh('mkfs.btrfs', '-q', device);
  sh('mount', device, pool);
  host.atEnd(() => sh('umount', pool));
  const store = new BtrfsStore(join(pool, 'appliance'), 'sparse');
  const assumptions = { existingImage: 'adopted', imageAllocation: 'sparse' } as const;
  const pools = [{ slot: 'pool1', fs: 'btrfs' as const, bytes: 8n << 30n }];
  simulator = await Simulator.start({ appliance: { assumptions, store, pools } });
  const key = join(host.folder, 'key');
  writeFileSync(key, simulator.userKey);
  chmodSync(key, 0o600);
  driver = await DriverProcess.start({
    command: [process.execPath, MAIN],
    folder: host.newFolder('driver'),
    settings: {
      ...{ CSI_MODE: 'controller', CLUSTER_ID: 'host', NODE_NAME: 'n', RDS_BACKEND: 'routeros' },
      ...{ RDS_ADDRESS: '127.0.0.1', RDS_PORT: String(simulator.port), RDS_USER: Simulator.user },
      ...{ RDS_PRIVATE_KEY_FILE: key, RDS_HOST_KEY: simulator.hostKeyFingerprint },
      RDS_EXISTING_IMAGES: 'adopted',
    },
    timeoutMs: START_MS,
  });
}, START_MS);
afterAll(async () => {
  await driver.stop();
  await simulator.stop();
  await host.close();
});

/** Whatever writes on the appliance. */
const WRITING = /[/](?:add|set|remove)\b/;

test.each(['before', 'after'] as const)(
  'a group of snapshots whose connection is cut %s any step is whole after a retry, and leaves nothing',
  async (at) => {
    const sourceVolumeIds = [await create(`${at}-one`), await create(`${at}-two`)];
    const alone = realSubvolumes();
    let steps = 0;
    for (let met = 1; met > 0; steps++) {
      const rule = { fault: { kind: 'cut', at }, on: { statement: WRITING }, from: steps + 1 } as const;
      const fault = simulator.faults.add(rule);
      const request = { name: `${at}-${steps}`, sourceVolumeIds, secrets: {}, parameters: {} };
      const group = await untilTaken(request);
      met = fault.met;
      fault.remove();
      expect(group.snapshotIds).toHaveLength(sourceVolumeIds.length);
      expect(realSubvolumes()).toBe(alone + sourceVolumeIds.length);
      await driver.client.groupController.deleteVolumeGroupSnapshot({ ...group, secrets: {} });
      expect(realSubvolumes()).toBe(alone);
    }
    // More than one snapshot's worth of them, and the last one was not there to be cut.
    expect(steps).toBeGreaterThan(4);
    for (const volumeId of sourceVolumeIds) {
      await driver.client.controller.deleteVolume({ volumeId, secrets: {} });
    }
    expect(realSubvolumes()).toBe(0);
  },
  PATIENCE_MS,
);

async function create(name: string): Promise<string> {
  const { volume } = await driver.client.controller.createVolume(
    CreateVolumeRequest.fromPartial({
      name,
      capacityRange: { requiredBytes: 64n * MiB },
      volumeCapabilities: [blockCapability()],
    }),
  );
  return volume?.volumeId ?? '';
}

type Request = Parameters<DriverProcess['client']['groupController']['createVolumeGroupSnapshot']>[0];

/** Asks again and again, as the snapshot controller does. */
async function untilTaken(request: Request) {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      const { groupSnapshot } = await driver.client.groupController.createVolumeGroupSnapshot(request);
      const snapshotIds = groupSnapshot?.snapshots.map(({ snapshotId }) => snapshotId) ?? [];
      return { groupSnapshotId: groupSnapshot?.groupSnapshotId ?? '', snapshotIds };
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await Bun.sleep(50);
    }
  }
}

/** As btrfs has them, without its root. */
const realSubvolumes = (): number =>
  sh('btrfs', 'subvolume', 'list', pool)
    .split('\n')
    .filter((line) => line !== '').length;
