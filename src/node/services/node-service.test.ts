import { afterEach, beforeEach, expect, test } from 'bun:test';
import { NODE_ID } from '../../../test/support/node/fake-node.ts';
import { NodeCalls } from '../../../test/support/node/node-calls.ts';
import { NODE_CAPABILITIES } from '../../core/csi/capabilities.ts';

let calls: NodeCalls;
beforeEach(() => {
  calls = new NodeCalls();
});
afterEach(() => calls.node.close());

test('the node says who it is, how much it takes, and what it reaches', async () => {
  expect(await calls.rpc.nodeGetInfo({}, calls.context)).toEqual({
    nodeId: NODE_ID,
    maxVolumesPerNode: 7n,
    accessibleTopology: { segments: { 'test/appliance': 'mock' } },
  });
});

test('the node says what it can, as it was told', async () => {
  const { capabilities } = await calls.rpc.nodeGetCapabilities({}, calls.context);
  expect(capabilities.map(({ type }) => type?.rpc.type)).toEqual(NODE_CAPABILITIES.map(({ type }) => type));
});
