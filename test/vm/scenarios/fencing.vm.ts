import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MiB } from '../../../src/core/bytes.ts';
import { sh } from '../../host/support/shell.ts';
import { nvmet } from '../../simulator/nvmet/nvmet.ts';
import { blockCapability, mountCapability } from '../../support/node/node-requests.ts';
import { Appliance, type ApplianceVolume } from '../support/appliance.ts';
import { Writer } from '../support/data.ts';
import { givesUpAtRefusal } from '../support/guest.ts';
import { expectRefusal, Node, type NodeVolume } from '../support/node.ts';
import { until, untilSucceeds } from '../support/patience.ts';
import { statesOf, subsystems } from '../support/subsystems.ts';

const FOREIGN = 'nqn.2026-11.test.foreign:root';
const appliance = new Appliance();
let node: Node;
beforeAll(async () => {
  connectForeign();
  node = await Node.start();
});
afterAll(async () => {
  await node.stop();
});

/** The storage drops whoever has the volume, and exports it in a new epoch on the same port. */
function fence(volume: ApplianceVolume): string {
  const old = volume.target.nqn;
  volume.unpublish();
  volume.publish();
  return old;
}

test.each(['ext4', 'xfs', 'btrfs'])(
  'a node that lost a volume with %s under its writer takes it back in the next epoch, without a reboot',
  async (fsType) => {
    const volume = appliance.newVolume(384n * MiB);
    const used = node.use(volume, mountCapability({ fsType }));
    const writer = await write(used, fsType);
    const acknowledged = writer.acknowledged.length;
    const old = fence(volume);
    await until('the old epoch is not live', () => !statesOf(old).includes('live'));
    // What a kernel gives up by itself at the first refusal, the driver gives up when the newer epoch is staged.
    const started = performance.now();
    await untilSucceeds(() => used.stage());
    process.stdout.write(
      `  ${fsType}: cleared and staged after ${Math.round(performance.now() - started)} ms\n`,
    );
    expect(statesOf(old)).toEqual([]);
    expect(used.mounts()).toHaveLength(1);
    await until('the writer got its error', () => writer.error !== '');
    expect(writer.acknowledged.length).toBeGreaterThanOrEqual(acknowledged);
    const pod = join(node.folder, `pod-${fsType}`);
    mkdirSync(pod);
    Object.assign(used, { published: join(pod, 'mount') });
    await used.publish();
    expect(writer.damaged(join(used.published, 'work'))).toEqual([]);
    writeFileSync(join(used.published, 'again'), 'written in the new epoch');
    await used.unpublish();
    await used.unstage();
    expect(used.device()).toBeUndefined();
  },
);

test('a fenced volume that never comes back is given up at unstage, a minute after the first refusal', async () => {
  const volume = appliance.newVolume(64n * MiB);
  const used = node.use(volume);
  const writer = await write(used, 'ext4');
  volume.unpublish();
  volume.keepPortsOpen();
  await until('it is not live', () => !statesOf(volume.target.nqn).includes('live'));
  if (!givesUpAtRefusal()) {
    await expectRefusal(used.unstage(), 'UNAVAILABLE', /again in a minute/);
    await expectRefusal(used.unstage(), 'UNAVAILABLE', /again in a minute/);
    await Bun.sleep(60_000);
  } else {
    await until('the kernel gave it up', () => statesOf(volume.target.nqn).length === 0);
  }
  await untilSucceeds(() => used.unpublish());
  await untilSucceeds(() => used.unstage());
  expect(used.mounts()).toEqual([]);
  expect(statesOf(volume.target.nqn)).toEqual([]);
  await until('the writer got its error', () => writer.error !== '');
});

test('a raw block volume is fenced and taken back', async () => {
  const volume = appliance.newVolume(64n * MiB);
  const used = node.use(volume, blockCapability());
  await used.stage();
  await used.publish();
  const old = fence(volume);
  await until('the old epoch is not live', () => !statesOf(old).includes('live'));
  await used.stage();
  expect(statesOf(old)).toEqual([]);
  await used.publish();
  writeFileSync(used.published, 'written in the new epoch');
  await used.unpublish();
  await used.unstage();
});

test('a diskless node’s root, connected before the driver came and mounted, was touched by none of this', () => {
  expect(subsystems()).toMatchObject([{ nqn: FOREIGN }]);
  expect(statesOf(FOREIGN)).toEqual(['live']);
  writeFileSync('/run/foreign/after', 'still writable');
  sh('umount', '/run/foreign');
});

async function write(used: NodeVolume, name: string): Promise<Writer> {
  await used.stage();
  await used.publish();
  const work = join(used.published, 'work');
  const notes = join(node.folder, `notes-${name}-${used.volume.port}`);
  mkdirSync(work);
  mkdirSync(notes);
  const writer = new Writer(work, notes);
  await writer.progress(5);
  return writer;
}

function connectForeign(): void {
  sh('truncate', '--size=64M', '/srv/pool/foreign.img');
  nvmet.addSubsystem(FOREIGN, '/srv/pool/foreign.img');
  nvmet.addPort({ id: 9999, address: '127.0.0.1', port: 4400 });
  nvmet.link(9999, FOREIGN);
  sh('nvme', 'connect', '-t', 'tcp', '-a', '127.0.0.1', '-s', '4400', '-n', FOREIGN);
  const [found] = subsystems();
  const device = found?.devices[0] ?? '/dev/nvme0n1';
  sh('mkfs.ext4', '-q', device);
  mkdirSync('/run/foreign');
  sh('mount', device, '/run/foreign');
}
