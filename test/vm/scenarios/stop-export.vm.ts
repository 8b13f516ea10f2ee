import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MiB } from '../../../src/core/bytes.ts';
import type { Assumptions } from '../../simulator/appliance/assumptions.ts';
import { mountCapability } from '../../support/node/node-requests.ts';
import { mountPool } from '../support/appliance.ts';
import { begin, CsiVolume, end } from '../support/csi-volume.ts';
import { Writer } from '../support/data.ts';
import { expectRefusal, NODE_NAME, Node, type NodeVolume, untilRefused } from '../support/node.ts';
import { untilSucceeds } from '../support/patience.ts';
import { SimulatedAppliance } from '../support/simulated-appliance.ts';
import { statesOf, subsystems } from '../support/subsystems.ts';
import { newTransport } from '../support/transport.ts';

/** The patience of Kubernetes' attacher. */
const ATTACHER_MS = 15_000;

/** Nobody has seen what an appliance does with those who are connected when it is told to stop an export. */
let appliance: SimulatedAppliance;
let node: Node;
let controller: Node;
beforeAll(mountPool);
afterEach(async () => {
  await Promise.all([node?.stop(), controller?.stop()]);
  await appliance.stop();
});
afterAll(() => expect(subsystems()).toEqual([]));

async function startOn(stopExport: Assumptions['stopExport']): Promise<void> {
  appliance = await SimulatedAppliance.start({ stopExport });
  [node, controller] = await Promise.all([
    Node.start(),
    Node.start({ CSI_MODE: 'controller', ...appliance.settings() }),
  ]);
}

test.each([
  ['refuses', 'busy', 'FAILED_PRECONDITION'],
  ['never answers', 'hangs', 'DEADLINE_EXCEEDED'],
] as const)(
  'where it %s, unpublish fails, the node goes on, and nothing is lost',
  async (_, stopExport, code) => {
    await startOn(stopExport);
    const used = await begin(node, await create(), mountCapability());
    const writer = await write(used);
    const { nqn } = used.volume.target;
    await expectRefusal(used.volume.unpublish(NODE_NAME, ATTACHER_MS), code);
    await writer.progress(3);
    expect(statesOf(nqn)).toEqual(['live']);
    expect(appliance.exports()).toEqual([nqn]);
    // No other node gets it meanwhile.
    const elsewhere = () => used.volume.publish(mountCapability(), 'another-node');
    await untilRefused(elsewhere, 'FAILED_PRECONDITION', /vm-node/);
    expect(await writer.stop()).toBe(0);
    await used.unpublish();
    await used.unstage();
    await untilSucceeds(() => used.volume.unpublish());
    expect(appliance.exports()).toEqual([]);
    await begin(node, used.volume, mountCapability());
    expect(writer.damaged()).toEqual([]);
    await end(used);
    await used.volume.delete();
  },
);

test('where it keeps who is connected, the node still writes: what is in use is not replaced, and nobody else is let in by that name', async () => {
  await startOn('keeps-session');
  const used = await begin(node, await create(), mountCapability());
  const writer = await write(used);
  const old = used.volume.target;
  await used.volume.unpublish();
  await writer.progress(3);
  expect(statesOf(old.nqn)).toEqual(['live']);
  await used.volume.publish(mountCapability());
  expect(used.volume.target.nqn).not.toBe(old.nqn);
  await expectRefusal(used.stage(), 'FAILED_PRECONDITION');
  await writer.progress(3);
  expect(await writer.stop()).toBe(0);
  await used.unpublish();
  await used.unstage();
  expect(statesOf(old.nqn)).toEqual([]);
  await expect(
    newTransport()
      .connectRaw(old)
      .then(
        () => 'connected',
        () => 'refused',
      ),
  ).resolves.toBe('refused');
  await used.stage();
  await used.publish();
  expect(writer.damaged()).toEqual([]);
  await end(used);
  await used.volume.delete();
});

const create = () =>
  CsiVolume.create(controller.controller, {
    name: 'stopped',
    bytes: 128n * MiB,
    capability: mountCapability(),
  });

async function write(used: NodeVolume<CsiVolume>): Promise<Writer> {
  const [work, notes] = [join(used.published, 'work'), join(used.node.folder, 'notes')];
  for (const folder of [work, notes]) mkdirSync(folder);
  const writer = new Writer(work, notes);
  await writer.progress(3);
  return writer;
}
