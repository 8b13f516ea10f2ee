import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MiB } from '../../../src/core/bytes.ts';
import { mountCapability } from '../../support/node/node-requests.ts';
import { mountPool } from '../support/appliance.ts';
import { begin, CsiVolume, end } from '../support/csi-volume.ts';
import { checksum, Writer, writeRandom } from '../support/data.ts';
import { Node } from '../support/node.ts';
import { SimulatedAppliance } from '../support/simulated-appliance.ts';
import { subsystems } from '../support/subsystems.ts';

const SIZE = 384n * MiB;
let appliance: SimulatedAppliance;
let node: Node;
beforeAll(async () => {
  mountPool();
  appliance = await SimulatedAppliance.start({ existingImage: 'adopted', imageAllocation: 'sparse' });
  node = await Node.start({ CSI_MODE: 'all', RDS_EXISTING_IMAGES: 'adopted', ...appliance.settings() });
});
afterAll(async () => {
  await node.stop();
  await appliance.stop();
  expect(subsystems()).toEqual([]);
});

test.each(['ext4', 'xfs'])(
  'a volume restored from a snapshot of a mounted %s is mounted beside its source, with all that was acknowledged before',
  async (fsType) => {
    const capability = mountCapability({ fsType });
    const source = await begin(node, await create(`${fsType}-source`), capability);
    const sum = writeRandom(join(source.published, 'data'), 8);
    const [work, notes] = [join(source.published, 'work'), join(node.folder, `notes-${fsType}`)];
    for (const folder of [work, notes]) mkdirSync(folder);
    const writer = new Writer(work, notes);
    await writer.progress(5);
    const acknowledged = writer.acknowledged.length;
    const snapshotId = await source.volume.snapshot(`${fsType}-snapshot`);
    expect(await writer.stop()).toBe(0);
    writeFileSync(join(source.published, 'data'), 'written after the snapshot');
    const wish = { name: `${fsType}-restored`, bytes: 2n * SIZE, capability, snapshotId };
    const restored = await begin(node, await CsiVolume.create(node.controller, wish), capability);
    expect(source.mounts()).toHaveLength(1);
    expect(checksum(join(restored.published, 'data'))).toBe(sum);
    const first = new Set(writer.acknowledged.slice(0, acknowledged));
    expect(writer.damaged(join(restored.published, 'work')).filter((name) => first.has(name))).toEqual([]);
    const [bytes] = await restored.usage();
    expect(bytes?.total).toBeGreaterThan(SIZE + SIZE / 2n);
    for (const used of [restored, source]) {
      await end(used);
      await used.volume.delete();
    }
    await node.controller.deleteSnapshot({ snapshotId, secrets: {} });
    // The root of the pool's file system is one, too.
    expect(appliance.simulator.appliance.subvolumes()).toHaveLength(1);
  },
);

const create = (name: string) =>
  CsiVolume.create(node.controller, { name, bytes: SIZE, capability: mountCapability() });
