import { beforeEach, describe, expect, test } from 'bun:test';
import { status } from '@grpc/grpc-js';
import {
  VolumeCapability_AccessMode_Mode as Mode,
  ValidateVolumeCapabilitiesRequest,
} from '../../src/core/csi/generated/csi.ts';
import { type Change, ControllerRig, call, mount, NODE, refusal } from './controller-rig.ts';

let rig: ControllerRig;
beforeEach(async () => {
  rig = await ControllerRig.open();
});

describe('ControllerPublishVolume', () => {
  test('gives the same export again, and a new epoch after the last unpublish', async () => {
    const volumeId = await rig.created('a');
    const { publishContext: first } = await rig.publish(volumeId);
    expect((await rig.publish(volumeId)).publishContext).toEqual(first);
    await call(rig.handlers.controllerUnpublishVolume, { volumeId, nodeId: '', secrets: {} });
    const { publishContext: second } = await rig.publish(volumeId);
    expect(second['nqn']).not.toBe(first['nqn']);
  });

  test('refuses the same node with another access', async () => {
    const volumeId = await rig.created('a');
    await rig.publish(volumeId);
    expect((await refusal(rig.publish(volumeId, { readonly: true }))).code).toBe(status.ALREADY_EXISTS);
  });

  test('answers NOT_FOUND for a volume and for a node that do not exist', async () => {
    expect((await refusal(rig.publish('nonsense'))).code).toBe(status.NOT_FOUND);
    const volumeId = await rig.created('a');
    expect((await refusal(rig.publish(volumeId, { nodeId: 'elsewhere' }))).code).toBe(status.NOT_FOUND);
    expect((await refusal(rig.publish(volumeId, { nodeId: '-' }))).code).toBe(status.NOT_FOUND);
  });

  test('refuses a capability that cannot be had', async () => {
    const volumeId = await rig.created('a');
    const volumeCapability = mount(Mode.MULTI_NODE_MULTI_WRITER);
    expect((await refusal(rig.publish(volumeId, { volumeCapability }))).code).toBe(status.INVALID_ARGUMENT);
  });
});

describe('ControllerUnpublishVolume', () => {
  test('succeeds for a node that is gone and for ids that cannot be ours', async () => {
    const volumeId = await rig.created('a');
    for (const [id, nodeId] of [
      [volumeId, 'gone'],
      [volumeId, '///'],
      ['nonsense', NODE],
    ] as const) {
      expect(
        await call(rig.handlers.controllerUnpublishVolume, { volumeId: id, nodeId, secrets: {} }),
      ).toEqual({});
    }
  });
});

describe('ValidateVolumeCapabilities', () => {
  const validate = (volumeId: string, change: Change<typeof ValidateVolumeCapabilitiesRequest> = {}) =>
    call(
      rig.handlers.validateVolumeCapabilities,
      ValidateVolumeCapabilitiesRequest.fromPartial({
        volumeId,
        volumeCapabilities: [mount(Mode.SINGLE_NODE_WRITER)],
        ...change,
      }),
    );

  test('confirms what can be had', async () => {
    const { confirmed } = await validate(await rig.created('a'), { volumeContext: { pool: 'main' } });
    expect(confirmed?.volumeCapabilities).toEqual([mount(Mode.SINGLE_NODE_WRITER)]);
  });

  test('says why not', async () => {
    const volumeId = await rig.created('a');
    const cases: [Change<typeof ValidateVolumeCapabilitiesRequest>, string][] = [
      [{ volumeCapabilities: [mount(Mode.MULTI_NODE_MULTI_WRITER)] }, 'raw block only'],
      [{ volumeContext: { pool: 'small' } }, 'volume_context.pool is not that of the volume: main'],
      [{ parameters: { provisioning: 'thick' } }, 'parameters.provisioning is not that of the volume: thin'],
      [{ parameters: { pool: 'small' } }, 'parameters.pool is not that of the volume: main'],
    ];
    for (const [change, message] of cases) {
      const answer = await validate(volumeId, change);
      expect(answer.confirmed).toBeUndefined();
      expect(answer.message).toContain(message);
    }
  });

  test('answers NOT_FOUND for a volume that is gone', async () => {
    const volumeId = await rig.created('a');
    await call(rig.handlers.deleteVolume, { volumeId, secrets: {} });
    expect((await refusal(validate(volumeId))).code).toBe(status.NOT_FOUND);
  });
});
