import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { MiB } from '../../../src/core/bytes.ts';
import {
  VolumeCapability_AccessMode_Mode as Mode,
  type VolumeCapability,
} from '../../../src/core/csi/generated/csi.ts';
import { errno } from '../../../src/node/exec/errno.ts';
import { blockCapability, mountCapability } from '../../support/node/node-requests.ts';
import { mountPool } from '../support/appliance.ts';
import { begin, CsiVolume, end } from '../support/csi-volume.ts';
import { checksum, Writer, writeRandom } from '../support/data.ts';
import { expectRefusal, Node, type NodeVolume, untilRefused } from '../support/node.ts';
import { until, untilSucceeds } from '../support/patience.ts';
import { SimulatedAppliance } from '../support/simulated-appliance.ts';
import { connectionsOf, statesOf, subsystems } from '../support/subsystems.ts';
import { newTransport } from '../support/transport.ts';

/** The whole driver in one process, its volumes on a simulated appliance behind SSH with real exports. */
const SIZE = 128n * MiB;
beforeAll(mountPool);
afterAll(() => expect(subsystems()).toEqual([]));

describe.each(['at-once', 'at-next-export'] as const)(
  'on an appliance whose exports grow %s',
  (growthWhileExported) => {
    let appliance: SimulatedAppliance;
    let node: Node;
    beforeAll(async () => {
      appliance = await SimulatedAppliance.start({ growthWhileExported });
      node = await Node.start({ CSI_MODE: 'all', ...appliance.settings() });
    });
    afterAll(() => stopAll(node, appliance));

    test.each([
      ['ext4', mountCapability()],
      ['a raw block device', blockCapability()],
    ] as const)('a volume with %s is made, written, grown, moved and deleted', async (name, capability) => {
      const volume = await create(node, name, capability);
      const used = await begin(node, volume, capability);
      const content =
        capability.accessType?.$case === 'mount' ? join(used.published, 'data') : used.published;
      const sum = writeRandom(content, 16);
      await volume.grow(2n * SIZE);
      if (growthWhileExported === 'at-once') {
        expect(await used.expand(2n * SIZE)).toEqual({ capacityBytes: 2n * SIZE });
      } else await expectRefusal(used.expand(2n * SIZE), 'UNAVAILABLE', /grows at the next attach/);
      await end(used);
      expect(appliance.exports()).not.toContain(volume.target.nqn);
      expect(used.device()).toBeUndefined();
      await begin(node, volume, capability);
      const [bytes] = await used.usage();
      expect(bytes?.total).toBeGreaterThan(2n * SIZE - SIZE / 2n);
      expect(checksum(content, 16)).toBe(sum);
      await end(used);
      await volume.delete();
      expect(appliance.simulator.appliance.disks()).toEqual([]);
    });
  },
);

/** Of a StorageClass, none of them the default. */
const CONNECTION = { ctrlLossTimeout: '300', reconnectDelay: '2', keepAliveTimeout: '15', queues: '1' };

describe('on one appliance', () => {
  let appliance: SimulatedAppliance;
  let node: Node;
  beforeEach(async () => {
    appliance = await SimulatedAppliance.start();
    node = await Node.start({ CSI_MODE: 'all', ...appliance.settings() });
  });
  afterEach(() => stopAll(node, appliance));

  test('a node that lost its volume cannot write nor come back, and has every acknowledged byte in the next epoch', async () => {
    const volume = await create(node, 'fenced', mountCapability());
    const used = await begin(node, volume, mountCapability());
    const writer = await write(node, used);
    const old = volume.target;
    await volume.unpublish();
    await until('the old epoch is not live', () => !statesOf(old.nqn).includes('live'));
    const acknowledged = writer.acknowledged.length;
    await expectRefusal(used.stage(), 'UNAVAILABLE');
    await volume.publish(mountCapability());
    await untilSucceeds(() => used.stage());
    await until('the writer got its error', () => writer.error !== '');
    // One that was acknowledged just before may be noted just after.
    expect(writer.acknowledged.length).toBeLessThanOrEqual(acknowledged + 1);
    expect(statesOf(old.nqn)).toEqual([]);
    expect(await newTransport().connectRaw(old).catch(errno)).toBe('EIO');
    const again = Object.assign(used, { published: `${used.published}-again` });
    await again.publish();
    expect(writer.damaged(join(again.published, 'work'))).toEqual([]);
    writeFileSync(join(again.published, 'next'), 'written in the next epoch');
    await end(again);
    await volume.delete();
  });

  test('a connection is made as its StorageClass says', async () => {
    const parameters = { ...CONNECTION, fastIoFailTimeout: '30' };
    const volume = await create(node, 'connected', blockCapability(), parameters);
    expect(volume.context).toMatchObject(parameters);
    const used = await begin(node, volume, blockCapability());
    expect(connectionsOf(volume.target.nqn)).toEqual([
      // One queue more: the one for commands to the controller itself.
      { ctrl_loss_tmo: '300', reconnect_delay: '2', kato: '15', fast_io_fail_tmo: '30', queue_count: '2' },
    ]);
    await end(used);
    await volume.delete();
  });

  test('readers get a device that nobody can write to, and no file system that is dirty', async () => {
    const reading = mountCapability({ mode: Mode.MULTI_NODE_READER_ONLY });
    const volume = await create(node, 'read', mountCapability());
    const used = await begin(node, volume, mountCapability());
    writeFileSync(join(used.published, 'data'), 'written');
    await end(used);
    const reader = await begin(node, volume, reading);
    const device = basename(reader.device() ?? '');
    expect(readFileSync(`/sys/class/block/${device}/ro`, 'utf8').trim()).toBe('1');
    expect(readFileSync(join(reader.published, 'data'), 'utf8')).toBe('written');
    expect(() => writeFileSync(join(reader.published, 'data'), 'again')).toThrow('EROFS');
    await end(reader);
    const writing = await begin(node, volume, mountCapability());
    const writer = await write(node, writing);
    await volume.unpublish();
    await volume.publish(reading);
    const dirty = node.use(volume, reading);
    await until('the writer is refused', () => !statesOf(writing.volume.target.nqn).includes('live'));
    await untilRefused(() => dirty.stage(), 'FAILED_PRECONDITION', /journal|dirty|clean/);
    await volume.unpublish();
    await volume.publish(mountCapability());
    await untilSucceeds(() => writing.stage());
    await until('the writer got its error', () => writer.error !== '');
    expect(writer.damaged(join(writing.staging, 'work'))).toEqual([]);
    await writing.unstage();
    await volume.unpublish();
    await volume.delete();
  });

  test('a volume that two nodes share goes on where one leaves, and neither has it once both left', async () => {
    const capability = blockCapability(Mode.MULTI_NODE_MULTI_WRITER);
    const controller = await Node.start({ CSI_MODE: 'controller', ...appliance.settings() });
    const volume = await CsiVolume.create(controller.controller, { name: 'shared', bytes: SIZE, capability });
    const used = await begin(node, volume, capability);
    const first = volume.target.nqn;
    await volume.publish(capability, 'another-node');
    expect(volume.target.nqn).toBe(first);
    await volume.unpublish('another-node');
    const sum = writeRandom(used.published, 8);
    expect(statesOf(first)).toEqual(['live']);
    await volume.publish(capability, 'another-node');
    await volume.unpublish();
    // Documented: who leaves keeps access until the other one leaves too.
    expect(statesOf(first)).toEqual(['live']);
    await volume.unpublish('another-node');
    await until('the shared epoch is over', () => !statesOf(first).includes('live'));
    await volume.publish(capability);
    expect(volume.target.nqn).not.toBe(first);
    await untilSucceeds(() => used.stage());
    await used.publish();
    expect(checksum(used.published, 8)).toBe(sum);
    await end(used);
    await volume.delete();
    await controller.stop();
  });
});

const create = (node: Node, name: string, capability: VolumeCapability, parameters = {}) =>
  CsiVolume.create(node.controller, { name, bytes: SIZE, capability, parameters });

async function write(node: Node, used: NodeVolume<CsiVolume>): Promise<Writer> {
  const [work, notes] = [join(used.published, 'work'), join(node.folder, 'notes')];
  for (const folder of [work, notes]) mkdirSync(folder);
  const writer = new Writer(work, notes);
  await writer.progress(5);
  return writer;
}

async function stopAll(node: Node, appliance: SimulatedAppliance): Promise<void> {
  expect(appliance.simulator.appliance.disks()).toEqual([]);
  await node.stop();
  await appliance.stop();
}
