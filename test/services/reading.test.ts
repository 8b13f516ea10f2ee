import { beforeEach, describe, expect, test } from 'bun:test';
import { status } from '@grpc/grpc-js';
import { GiB, MiB } from '../../src/core/bytes.ts';
import {
  GetCapacityRequest,
  VolumeCapability_AccessMode_Mode as Mode,
} from '../../src/core/csi/generated/csi.ts';
import { type Change, ControllerRig, call, mount, NODE, refusal } from './controller-rig.ts';

let rig: ControllerRig;
beforeEach(async () => {
  rig = await ControllerRig.open();
});

describe('ListVolumes', () => {
  test('pages through all volumes, each once, with the nodes that hold it', async () => {
    const ids = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => rig.created(name)));
    await rig.publish(ids[2] ?? '');
    const seen: string[] = [];
    let startingToken = '';
    do {
      const page = await call(rig.handlers.listVolumes, { maxEntries: 2, startingToken });
      expect(page.entries.length).toBeLessThanOrEqual(2);
      for (const { volume, status: state } of page.entries) {
        seen.push(volume?.volumeId ?? '');
        expect(state?.publishedNodeIds).toEqual(volume?.volumeId === ids[2] ? [NODE] : []);
      }
      startingToken = page.nextToken;
    } while (startingToken !== '');
    expect(seen.sort()).toEqual(ids.sort());
    expect(rig.count.last('rds')).toBeUndefined();
  });

  test('counts the volumes where one list holds them all', async () => {
    await rig.created('a');
    await call(rig.handlers.listVolumes, { maxEntries: 0, startingToken: '' });
    expect(rig.count.last('rds')).toBe(1);
  });

  test('answers ABORTED for a token that is not ours', async () => {
    const answer = await refusal(call(rig.handlers.listVolumes, { maxEntries: 0, startingToken: 'bogus' }));
    expect(answer.code).toBe(status.ABORTED);
  });

  test('fails while the appliance is away, and says since when', async () => {
    rig.backend.disconnect('cable pulled');
    const answer = await refusal(call(rig.handlers.listVolumes, { maxEntries: 0, startingToken: '' }));
    expect(answer.code).toBe(status.UNAVAILABLE);
    expect(answer.message).toContain('cable pulled');
  });
});

describe('ControllerGetVolume and health', () => {
  test('give one volume, and NOT_FOUND for another', async () => {
    const volumeId = await rig.created('a');
    await rig.publish(volumeId);
    const { volume, status: state } = await call(rig.handlers.controllerGetVolume, { volumeId });
    expect([volume?.volumeId, state?.publishedNodeIds]).toEqual([volumeId, [NODE]]);
    const { volumeHealth } = await call(rig.handlers.controllerGetVolumeHealth, { volumeId, secrets: {} });
    expect(volumeHealth).toEqual({ volumeId, healthStatuses: [] });
    const unknown = `${volumeId}x`;
    expect((await refusal(call(rig.handlers.controllerGetVolume, { volumeId: unknown }))).code).toBe(
      status.NOT_FOUND,
    );
    const health = call(rig.handlers.controllerGetVolumeHealth, { volumeId: unknown, secrets: {} });
    expect((await refusal(health)).code).toBe(status.NOT_FOUND);
  });

  test('the list of health leaves out what is well', async () => {
    await rig.created('a');
    const page = { maxEntries: 0, startingToken: '', secrets: {} };
    expect(await call(rig.handlers.controllerListVolumeHealth, page)).toEqual({ entries: [], nextToken: '' });
  });
});

describe('GetCapacity', () => {
  const capacity = (change: Change<typeof GetCapacityRequest> = {}) =>
    call(rig.handlers.getCapacity, GetCapacityRequest.fromPartial(change));

  test('tells the default pool and a named one, less what volumes have taken', async () => {
    await rig.create('a', { capacityRange: { requiredBytes: GiB } });
    expect((await capacity()).availableCapacity).toBe(9n * GiB);
    const small = await capacity({ parameters: { pool: 'small' } });
    expect(small).toEqual({ availableCapacity: GiB, maximumVolumeSize: GiB, minimumVolumeSize: MiB });
  });

  test('the largest volume is what the pool has in whole MiB, and can be made', async () => {
    const odd = { parameters: { pool: 'small' }, capacityRange: { requiredBytes: GiB - 5n * MiB } };
    await rig.create('a', odd);
    const { maximumVolumeSize } = await capacity({ parameters: { pool: 'small' } });
    expect(maximumVolumeSize).toBe(5n * MiB);
    const size = (requiredBytes = 0n) => ({
      parameters: { pool: 'small' },
      capacityRange: { requiredBytes },
    });
    expect((await refusal(rig.create('b', size(5n * MiB + 1n)))).code).toBe(status.RESOURCE_EXHAUSTED);
    await rig.create('b', size(maximumVolumeSize));
    expect((await capacity({ parameters: { pool: 'small' } })).maximumVolumeSize).toBe(0n);
  });

  test('the largest volume is never beyond what the backend makes, the smallest is its least', async () => {
    const { maxVolumeBytes, minVolumeBytes } = rig.backend.capabilities;
    rig.backend.pools = async () => [
      {
        name: 'vast',
        totalBytes: maxVolumeBytes * 4n,
        availableBytes: { thin: maxVolumeBytes * 3n, thick: MiB + 1n },
        state: 'degraded',
        capabilities: { snapshots: false, clones: 'none', compression: false },
      },
    ];
    expect(await capacity()).toEqual({
      availableCapacity: maxVolumeBytes * 3n,
      maximumVolumeSize: maxVolumeBytes,
      minimumVolumeSize: minVolumeBytes,
    });
    const thick = await capacity({ parameters: { provisioning: 'thick' } });
    expect(thick).toMatchObject({ availableCapacity: MiB + 1n, maximumVolumeSize: MiB });
  });

  test('tells nothing for what could never be made', async () => {
    for (const change of [
      { parameters: { pool: 'absent' } },
      { parameters: { pool: 'main', compression: 'true' } },
      { volumeCapabilities: [mount(Mode.MULTI_NODE_MULTI_WRITER)] },
      { accessibleTopology: { segments: { 'rose-csi.io/appliance-other': 'true' } } },
    ]) {
      expect((await capacity(change)).availableCapacity).toBe(0n);
    }
  });
});
