import { beforeEach, describe, expect, test } from 'bun:test';
import { status } from '@grpc/grpc-js';
import { GiB, MiB } from '../../src/core/bytes.ts';
import { CONTROLLER_CAPABILITIES } from '../../src/core/csi/capabilities.ts';
import {
  ControllerExpandVolumeRequest,
  VolumeCapability_AccessMode_Mode as Mode,
} from '../../src/core/csi/generated/csi.ts';
import { block, ControllerRig, call, mount, NODE, refusal } from './controller-rig.ts';

let rig: ControllerRig;
beforeEach(async () => {
  rig = await ControllerRig.open();
});

describe('capabilities', () => {
  test('are those of the table', async () => {
    const { capabilities } = await call(rig.handlers.controllerGetCapabilities, {});
    const types = capabilities.map(({ type }) => type?.rpc.type);
    expect(types).toEqual(CONTROLLER_CAPABILITIES.map(({ type }) => type));
  });
});

describe('CreateVolume', () => {
  test('gives exact bytes, the volume context and the topology of the appliance', async () => {
    const { volume } = await rig.create('a', { parameters: { pool: 'small', provisioning: 'thick' } });
    expect(volume).toMatchObject({
      capacityBytes: 8n * MiB,
      volumeContext: { pool: 'small', provisioning: 'thick' },
      contentSource: undefined,
      accessibleTopology: [{ segments: { 'rose-csi.io/appliance-rds': 'true' } }],
    });
  });

  test('hands to the node how it is to connect, and takes no endless patience', async () => {
    const parameters = { ctrlLossTimeout: '1800', fastIoFailTimeout: 'off' };
    const { volume } = await rig.create('a', { parameters });
    expect(volume?.volumeContext).toEqual({ pool: 'main', provisioning: 'thin', ...parameters });
    const endless = await refusal(rig.create('b', { parameters: { ctrlLossTimeout: '-1' } }));
    expect(endless).toMatchObject({
      code: status.INVALID_ARGUMENT,
      message: 'parameters.ctrlLossTimeout is "-1"; allowed: whole seconds from 10 to 3600',
    });
  });

  test('gives the same volume for the same name, and ALREADY_EXISTS for another size', async () => {
    expect(await rig.created('a')).toBe(await rig.created('a'));
    const other = await refusal(rig.create('a', { capacityRange: { requiredBytes: 9n * MiB } }));
    expect(other.code).toBe(status.ALREADY_EXISTS);
  });

  test('refuses a file system for two nodes, and says what to use', async () => {
    const answer = await refusal(
      rig.create('a', { volumeCapabilities: [mount(Mode.MULTI_NODE_MULTI_WRITER)] }),
    );
    expect(answer.code).toBe(status.INVALID_ARGUMENT);
    expect(answer.message).toContain('use volumeMode Block');
    await rig.create('b', { volumeCapabilities: [block(Mode.MULTI_NODE_MULTI_WRITER)] });
  });

  test('refuses one writer beside readers', async () => {
    const answer = await refusal(
      rig.create('a', { volumeCapabilities: [block(Mode.MULTI_NODE_SINGLE_WRITER)] }),
    );
    expect(answer.code).toBe(status.INVALID_ARGUMENT);
  });

  test('answers RESOURCE_EXHAUSTED for a full pool, with pool and sizes', async () => {
    const large = { parameters: { pool: 'small' }, capacityRange: { requiredBytes: 2n * GiB } };
    const answer = await refusal(rig.create('a', large));
    expect(answer.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(answer.message).toContain('small');
    expect(answer.message).toContain('2 GiB');
  });

  test('answers OUT_OF_RANGE beyond the limits, and names the volume', async () => {
    const answer = await refusal(rig.create('a', { capacityRange: { requiredBytes: 1n << 60n } }));
    expect(answer.code).toBe(status.OUT_OF_RANGE);
    expect(answer.message).toContain('volume "a"');
  });

  test('refuses a topology that does not reach the appliance', async () => {
    const requisite = [{ segments: { 'rose-csi.io/appliance-other': 'true' } }];
    const answer = await refusal(rig.create('a', { accessibilityRequirements: { requisite } }));
    expect(answer.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(answer.message).toContain('allowedTopologies');
  });

  test('takes one requisite topology that reaches it, and prefers without insisting', async () => {
    const reached = (name: string) => ({ segments: { [`rose-csi.io/appliance-${name}`]: 'true' } });
    const [other, ours] = [reached('other'), reached('rds')];
    for (const [name, wanted] of Object.entries({
      'one of two': { requisite: [other, ours] },
      'second choice': { requisite: [other, ours], preferred: [other, ours] },
      'only preferred': { preferred: [other] },
      'reaches both': { requisite: [{ segments: { ...other.segments, ...ours.segments } }] },
    })) {
      const { volume } = await rig.create(name, { accessibilityRequirements: wanted });
      expect(volume?.accessibleTopology).toEqual([ours]);
    }
  });

  test('refuses mutable parameters that it does not know rather than ignore them', async () => {
    expect((await refusal(rig.create('a', { mutableParameters: { iops: '1' } }))).code).toBe(
      status.INVALID_ARGUMENT,
    );
  });
});

describe('DeleteVolume', () => {
  test('deletes, and succeeds for what is gone or cannot be ours', async () => {
    const volumeId = await rig.created('a');
    for (const id of [volumeId, volumeId, 'reallyfakevolumeid']) {
      await call(rig.handlers.deleteVolume, { volumeId: id, secrets: {} });
    }
    expect((await call(rig.handlers.listVolumes, { maxEntries: 0, startingToken: '' })).entries).toEqual([]);
  });

  test('refuses while the volume is published, naming the holder', async () => {
    const volumeId = await rig.created('a');
    await rig.publish(volumeId);
    const answer = await refusal(call(rig.handlers.deleteVolume, { volumeId, secrets: {} }));
    expect(answer.code).toBe(status.FAILED_PRECONDITION);
    expect(answer.message).toContain(NODE);
  });
});

describe('ControllerExpandVolume', () => {
  const expand = (volumeId: string, requiredBytes: bigint, limitBytes = 0n) =>
    call(
      rig.handlers.controllerExpandVolume,
      ControllerExpandVolumeRequest.fromPartial({ volumeId, capacityRange: { requiredBytes, limitBytes } }),
    );

  test('grows in whole MiB, never shrinks, and leaves the node its half', async () => {
    const volumeId = await rig.created('a');
    const grown = await expand(volumeId, 16n * MiB + 1n);
    expect(grown).toEqual({ capacityBytes: 17n * MiB, nodeExpansionRequired: true });
    expect((await expand(volumeId, MiB)).capacityBytes).toBe(17n * MiB);
  });

  test('refuses no size, a volume that is larger than the limit, and a volume that is gone', async () => {
    const volumeId = await rig.created('a');
    expect((await refusal(expand(volumeId, 0n))).code).toBe(status.INVALID_ARGUMENT);
    expect((await refusal(expand(volumeId, 4n * MiB, 4n * MiB))).code).toBe(status.OUT_OF_RANGE);
    expect((await refusal(expand('rds/absent', 4n * MiB))).code).toBe(status.NOT_FOUND);
  });
});
