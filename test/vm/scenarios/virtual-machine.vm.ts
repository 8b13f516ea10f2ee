import { afterAll, beforeAll, expect, test } from 'bun:test';
import { MiB } from '../../../src/core/bytes.ts';
import { blockCapability } from '../../support/node/node-requests.ts';
import { beginOn, endOn, TwoNodes } from '../support/two-nodes.ts';
import { bootFrom, install } from '../support/virtual-machine.ts';

let cluster: TwoNodes;
beforeAll(async () => {
  cluster = await TwoNodes.start();
}, 240_000);
afterAll(() => cluster.stop());

test('a virtual machine whose root is a raw block volume boots, writes, and finds it on another node', async () => {
  const [one, two] = cluster.nodes;
  const capability = blockCapability();
  const volume = await cluster.create('root', 128n * MiB, capability);
  const first = await beginOn(one, volume, capability);
  await install(one.guest, first.published);
  expect(await bootFrom(one.guest, first.published)).toContain(
    'vm: 0 boots before this one, their data whole',
  );
  expect(await bootFrom(one.guest, first.published)).toContain(
    'vm: 1 boots before this one, their data whole',
  );
  await endOn(one, volume, first);
  const second = await beginOn(two, volume, capability);
  expect(await bootFrom(two.guest, second.published)).toContain(
    'vm: 2 boots before this one, their data whole',
  );
  await endOn(two, volume, second);
  await volume.delete();
});
