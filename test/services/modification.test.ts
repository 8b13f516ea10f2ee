import { beforeEach, describe, expect, test } from 'bun:test';
import { status } from '@grpc/grpc-js';
import { detachedContext } from '../../src/core/call-context.ts';
import { ValidateVolumeCapabilitiesRequest } from '../../src/core/csi/generated/csi.ts';
import type { VolumeId } from '../../src/core/storage/volume-id.ts';
import { ControllerRig, call, mount, refusal } from './controller-rig.ts';

let rig: ControllerRig;
let volumeId: string;
beforeEach(async () => {
  rig = await ControllerRig.open();
  volumeId = await rig.created('a', { parameters: { pool: 'small' } });
});

const modify = (mutableParameters: Record<string, string>, id = volumeId) =>
  call(rig.handlers.controllerModifyVolume, { volumeId: id, mutableParameters, secrets: {} });
const compression = async (id = volumeId) => {
  const context = detachedContext(AbortSignal.timeout(10_000));
  return (await rig.backend.getVolume(id as VolumeId, context))?.compression;
};

describe('ControllerModifyVolume', () => {
  test('changes compression, again without harm, and back', async () => {
    for (const [value, is] of [
      ['true', true],
      ['true', true],
      ['false', false],
    ] as const) {
      expect(await modify({ compression: value })).toEqual({});
      expect(await compression()).toBe(is);
    }
  });

  test('changes a published volume, and leaves its publication alone', async () => {
    const { publishContext } = await rig.publish(volumeId);
    await modify({ compression: 'true' });
    expect((await rig.publish(volumeId)).publishContext).toEqual(publishContext);
  });

  test('changes how the next node connects, parameter by parameter, and says so when it publishes', async () => {
    const { publishContext: before } = await rig.publish(volumeId);
    await modify({ ctrlLossTimeout: '1800', fastIoFailTimeout: '30' });
    await modify({ fastIoFailTimeout: 'off', queues: '1' });
    const modified = { ctrlLossTimeout: '1800', fastIoFailTimeout: 'off', queues: '1' };
    expect((await rig.publish(volumeId)).publishContext).toEqual({ ...before, ...modified });
    await call(rig.handlers.controllerUnpublishVolume, { volumeId, nodeId: '', secrets: {} });
    expect((await rig.publish(volumeId)).publishContext).toMatchObject(modified);
  });

  test('changes compression and connection together, or neither', async () => {
    await modify({ compression: 'true', queues: '2' });
    expect(await compression()).toBe(true);
    expect((await rig.publish(volumeId)).publishContext).toMatchObject({ queues: '2' });
    const other = await rig.created('b');
    const both = { compression: 'true', queues: '2' };
    expect((await refusal(modify(both, other))).code).toBe(status.INVALID_ARGUMENT);
    expect((await rig.publish(other)).publishContext).not.toHaveProperty('queues');
  });

  test.each([
    ['ctrlLossTimeout', '-1', 'whole seconds from 10 to 3600'],
    ['reconnectDelay', '0', 'whole seconds from 1 to 60'],
    ['fastIoFailTimeout', 'on', 'off, or whole seconds from 1 to 3600'],
    ['keepAliveTimeout', '1', 'whole seconds from 2 to 120'],
    ['queues', '1.5', 'a whole number from 1 to 128'],
  ])('refuses %s %p by its name', async (name, value, allowed) => {
    const answer = await refusal(modify({ [name]: value, compression: 'true' }));
    expect(answer).toMatchObject({
      code: status.INVALID_ARGUMENT,
      message: `mutable_parameters.${name} is "${value}"; allowed: ${allowed}`,
    });
    expect(await compression()).toBe(false);
  });

  test('leaves as it is what is not given', async () => {
    await modify({ compression: 'true' });
    await modify({});
    await modify({ 'csi.storage.k8s.io/pvc/name': 'x' });
    expect(await compression()).toBe(true);
  });

  test('refuses what is decided once, what is unknown and wrong values, all at once, and changes nothing', async () => {
    const answer = await refusal(modify({ compression: 'yes', provisioning: 'thick', iops: '5' }));
    expect(answer.code).toBe(status.INVALID_ARGUMENT);
    for (const text of ['compression is "yes"', '"provisioning"', '"iops"', 'VolumeAttributesClass']) {
      expect(answer.message).toContain(text);
    }
    expect(await compression()).toBe(false);
  });

  test('answers INVALID_ARGUMENT where the pool cannot, naming it', async () => {
    const other = await rig.created('b');
    const answer = await refusal(modify({ compression: 'true' }, other));
    expect(answer.code).toBe(status.INVALID_ARGUMENT);
    expect(answer.message).toContain('pool main has no compression');
    expect(await compression(other)).toBe(false);
  });

  test('answers NOT_FOUND for a volume that is gone or cannot be ours', async () => {
    for (const id of ['rds/absent', 'nonsense']) {
      expect((await refusal(modify({ compression: 'true' }, id))).code).toBe(status.NOT_FOUND);
      expect((await refusal(modify({}, id))).code).toBe(status.NOT_FOUND);
    }
  });
});

describe('mutable parameters of CreateVolume', () => {
  test('win over the parameters', async () => {
    const both = { parameters: { pool: 'small', compression: 'false' } };
    const id = await rig.created('both', { ...both, mutableParameters: { compression: 'true' } });
    expect(await compression(id)).toBe(true);
    expect((await refusal(rig.create('both', both))).code).toBe(status.ALREADY_EXISTS);
  });

  test('of the connection win over the parameters when a node connects, and again for the same request', async () => {
    const both = { parameters: { queues: '8', reconnectDelay: '2' }, mutableParameters: { queues: '1' } };
    const { volume } = await rig.create('tuned', both);
    expect(volume?.volumeContext).toMatchObject({ queues: '8', reconnectDelay: '2' });
    expect(await rig.create('tuned', both)).toEqual({ volume });
    const { publishContext } = await rig.publish(volume?.volumeId ?? '');
    expect(publishContext).toMatchObject({ queues: '1' });
    expect(publishContext).not.toHaveProperty('reconnectDelay');
    const other = await refusal(rig.create('tuned', { ...both, mutableParameters: { queues: '2' } }));
    expect(other.code).toBe(status.ALREADY_EXISTS);
    expect(other.message).toContain('its queues is 1, asked for is 2');
  });

  test('are refused where the pool cannot', async () => {
    const answer = await refusal(rig.create('b', { mutableParameters: { compression: 'true' } }));
    expect(answer.code).toBe(status.INVALID_ARGUMENT);
  });
});

describe('mutable parameters of ValidateVolumeCapabilities', () => {
  const validate = (mutableParameters: Record<string, string>, volumeContext: Record<string, string> = {}) =>
    call(
      rig.handlers.validateVolumeCapabilities,
      ValidateVolumeCapabilitiesRequest.fromPartial({
        volumeId,
        volumeCapabilities: [mount(1)],
        mutableParameters,
        volumeContext,
      }),
    );

  test('are confirmed as they are, and refused as they are not', async () => {
    const { confirmed } = await validate({ compression: 'false' });
    expect(confirmed?.mutableParameters).toEqual({ compression: 'false' });
    const answer = await validate({ compression: 'true' });
    expect(answer.confirmed).toBeUndefined();
    expect(answer.message).toBe('mutable_parameters.compression is not that of the volume: false');
  });

  test('of the connection are those modified, else those of the volume context, else the defaults', async () => {
    await modify({ queues: '2' });
    const context = { queues: '8', reconnectDelay: '3' };
    const asIs = { queues: '2', reconnectDelay: '3', ctrlLossTimeout: '600', fastIoFailTimeout: 'off' };
    expect((await validate(asIs, context)).confirmed?.mutableParameters).toEqual(asIs);
    for (const [name, value] of [
      ['queues', '2'],
      ['reconnectDelay', '3'],
      ['keepAliveTimeout', '10'],
    ] as const) {
      const { confirmed, message } = await validate({ [name]: '60' }, context);
      expect({ confirmed, message }).toEqual({
        confirmed: undefined,
        message: `mutable_parameters.${name} is not that of the volume: ${value}`,
      });
    }
  });
});
