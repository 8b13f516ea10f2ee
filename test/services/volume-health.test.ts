import { describe, expect, test } from 'bun:test';
import { status } from '@grpc/grpc-js';
import { detachedContext } from '../../src/core/call-context.ts';
import { VolumeHealthErrorType as Status } from '../../src/core/csi/generated/csi.ts';
import type { ControllerHandlers } from '../../src/core/csi/handlers.ts';
import type { Pool } from '../../src/core/storage/pool.ts';
import type { VolumeCondition } from '../../src/core/storage/volume.ts';
import { BTRFS, CLUSTER, World } from '../faults/world.ts';
import { ControllerRig, call, controllersOver, refusal } from './controller-rig.ts';
import { FleetRig } from './fleet-rig.ts';

const conditionsOf = async (controller: ControllerHandlers, volumeId: string) =>
  (await call(controller.controllerGetVolumeHealth, { volumeId, secrets: {} })).volumeHealth?.healthStatuses;
const listed = (controller: ControllerHandlers, maxEntries = 0, startingToken = '') =>
  call(controller.controllerListVolumeHealth, { maxEntries, startingToken, secrets: {} });

/** As `rig`'s appliance, but what is known of its first pool is another thing. */
async function changePool(rig: ControllerRig, change: Partial<Pool> | 'away'): Promise<void> {
  const [first, ...others] = await rig.backend.pools(detachedContext(AbortSignal.timeout(5_000)));
  if (!first) throw new Error('no pool');
  rig.backend.pools = async () => (change === 'away' ? others : [{ ...first, ...change }, ...others]);
}

/** What the appliance says of every volume from now on. */
function sayOfVolumes(rig: ControllerRig, conditions: readonly VolumeCondition[]): void {
  const { getVolume } = rig.backend;
  rig.backend.getVolume = async (id, context) => {
    const volume = await getVolume.call(rig.backend, id, context);
    return volume && { ...volume, conditions };
  };
}
const MISSING: VolumeCondition = { status: 'data-loss', reason: 'ImageMissing', message: 'no image' };

describe("a volume's health at the controller", () => {
  test('tells a pool that is degraded or offline, of the volumes in it and no others', async () => {
    const rig = await ControllerRig.open();
    const inMain = await rig.created('a');
    const inSmall = await rig.created('b', { parameters: { pool: 'small' } });
    await changePool(rig, { state: 'degraded', stateReason: 'a member has failed' });
    const degraded = { status: Status.DEGRADED, reason: 'PoolDegraded' };
    expect(await conditionsOf(rig.handlers, inMain)).toEqual([
      { ...degraded, message: 'pool main is degraded: a member has failed; replace its failed members' },
    ]);
    expect(await conditionsOf(rig.handlers, inSmall)).toEqual([]);
    expect((await listed(rig.handlers)).entries).toMatchObject([
      { volumeId: inMain, healthStatuses: [degraded] },
    ]);
    await changePool(rig, { state: 'offline' });
    expect(await conditionsOf(rig.handlers, inMain)).toMatchObject([
      { status: Status.INACCESSIBLE, reason: 'PoolOffline' },
    ]);
  });

  test('tells what is wrong with the volume itself, and calls nothing lost whose pool is not there', async () => {
    const rig = await ControllerRig.open();
    const volumeId = await rig.created('a');
    sayOfVolumes(rig, [MISSING]);
    expect(await conditionsOf(rig.handlers, volumeId)).toMatchObject([
      { status: Status.DATA_LOSS, reason: 'ImageMissing' },
    ]);
    await changePool(rig, 'away');
    expect(await conditionsOf(rig.handlers, volumeId)).toMatchObject([
      { status: Status.INACCESSIBLE, reason: 'PoolNotFound' },
    ]);
  });

  test('has one entry for a status and reason, whatever is said of them', async () => {
    const rig = await ControllerRig.open();
    const volumeId = await rig.created('a');
    sayOfVolumes(rig, [MISSING, { ...MISSING, message: 'nor a record' }, { ...MISSING, reason: 'Other' }]);
    expect(await conditionsOf(rig.handlers, volumeId)).toEqual([
      { status: Status.DATA_LOSS, reason: 'ImageMissing', message: 'no image; nor a record' },
      { status: Status.DATA_LOSS, reason: 'Other', message: 'no image' },
    ]);
  });

  test('of an appliance that is away is not known, and is not made up; that of the others is', async () => {
    const rig = await FleetRig.open();
    const [ofA, ofB] = [
      await rig.created('v', { parameters: { appliance: 'a' } }),
      await rig.created('w', { parameters: { appliance: 'b' } }),
    ];
    rig.backend('b').disconnect('unplugged');
    const { controller } = rig.driver();
    expect(await conditionsOf(controller, ofA)).toEqual([]);
    const answer = await refusal(conditionsOf(controller, ofB));
    expect([answer.code, answer.message.includes('unplugged')]).toEqual([status.UNAVAILABLE, true]);
    expect((await refusal(listed(controller))).code).toBe(status.UNAVAILABLE);
  });

  test('is listed page by page, across appliances', async () => {
    const rig = await FleetRig.open();
    const ids: string[] = [];
    for (const [at, appliance] of ['a', 'a', 'b'].entries()) {
      ids.push(await rig.created(`v${at}`, { parameters: { appliance } }));
    }
    for (const backend of rig.backends) {
      const pools = await backend.pools(detachedContext(AbortSignal.timeout(5_000)));
      backend.pools = async () => pools.map((pool) => ({ ...pool, state: 'degraded' }));
    }
    const { controller } = rig.driver();
    const seen: string[] = [];
    for (let token = ''; seen.length === 0 || token !== ''; ) {
      const page = await listed(controller, 1, token);
      seen.push(...page.entries.map(({ volumeId }) => volumeId));
      token = page.nextToken;
    }
    expect(seen).toEqual([...ids].sort());
  });
});

describe("a volume's health on RouterOS", () => {
  test('knows a degraded RAID, and takes scrubbing for none', async () => {
    const raid = { level: '1', devices: 2 } as const;
    const world = await World.open({ pools: [{ slot: BTRFS, fs: 'btrfs', bytes: 1n << 30n, raid }] });
    try {
      const { appliance } = world.simulator;
      const { controller } = controllersOver([world.backend], CLUSTER);
      const { id } = await world.backend.createVolume(
        { name: 'v', pool: BTRFS, requiredBytes: 1n << 20n, provisioning: 'thin', compression: false },
        detachedContext(AbortSignal.timeout(20_000)),
      );
      appliance.setPoolState(BTRFS, 'clean, sync:repair, resync = 12.3%');
      expect(await conditionsOf(controller, id)).toEqual([]);
      appliance.setPoolState(BTRFS, 'degraded');
      expect(await conditionsOf(controller, id)).toMatchObject([
        { status: Status.DEGRADED, reason: 'PoolDegraded' },
      ]);
    } finally {
      await world.close();
    }
  }, 20_000);
});
