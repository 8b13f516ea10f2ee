import { beforeEach, describe, expect, test } from 'bun:test';
import { status } from '@grpc/grpc-js';
import { GROUP_CONTROLLER_CAPABILITIES } from '../../src/core/csi/capabilities.ts';
import { VolumeCapability_AccessMode_Mode as Mode } from '../../src/core/csi/generated/csi.ts';
import { ControllerRig, call, fromSnapshot, mount, refusal } from './controller-rig.ts';

let rig: ControllerRig;
let volumes: string[];
beforeEach(async () => {
  rig = await ControllerRig.open();
  volumes = [await rig.created('a'), await rig.created('b'), await rig.created('c')];
});

const remove = (groupSnapshotId: string, snapshotIds: string[] = []) =>
  call(rig.group.deleteVolumeGroupSnapshot, { groupSnapshotId, snapshotIds, secrets: {} });
const get = (groupSnapshotId: string, snapshotIds: string[] = []) =>
  call(rig.group.getVolumeGroupSnapshot, { groupSnapshotId, snapshotIds, secrets: {} });
const members = (group: { snapshots: { snapshotId: string }[] }) =>
  group.snapshots.map(({ snapshotId }) => snapshotId);

describe('GroupControllerGetCapabilities', () => {
  test('are those of the table', async () => {
    const { capabilities } = await call(rig.group.groupControllerGetCapabilities, {});
    const types = capabilities.map(({ type }) => type?.rpc.type);
    expect(types).toEqual(GROUP_CONTROLLER_CAPABILITIES.map(({ type }) => type));
  });
});

describe('CreateVolumeGroupSnapshot', () => {
  test('takes one of each volume, each naming the group', async () => {
    const group = await rig.groupSnapshot('g', volumes);
    expect(group.snapshots.map(({ sourceVolumeId }) => sourceVolumeId).sort()).toEqual(volumes.toSorted());
    for (const snapshot of group.snapshots) {
      expect(snapshot).toMatchObject({ groupSnapshotId: group.groupSnapshotId, readyToUse: true });
    }
    expect(group.readyToUse).toBe(true);
    expect(group.creationTime?.seconds).toBeGreaterThan(0n);
    expect(await rig.snapshotIds()).toEqual(members(group).sort());
  });

  test('gives the same group for the same name in any order, ALREADY_EXISTS for other volumes', async () => {
    const group = await rig.groupSnapshot('g', volumes);
    expect(await rig.groupSnapshot('g', volumes.toReversed())).toEqual(group);
    expect((await refusal(rig.groupSnapshot('g', volumes.slice(1)))).code).toBe(status.ALREADY_EXISTS);
  });

  test('takes none where it cannot take all', async () => {
    const plain = await rig.created('plain', { parameters: { pool: 'plain' } });
    for (const [odd, code] of [
      ['rds/absent', status.NOT_FOUND],
      ['nonsense', status.NOT_FOUND],
      [plain, status.FAILED_PRECONDITION],
      [volumes[0] ?? '', status.INVALID_ARGUMENT],
    ] as const) {
      expect((await refusal(rig.groupSnapshot('g', [...volumes, odd]))).code).toBe(code);
    }
    expect(await rig.snapshotIds()).toEqual([]);
  });

  test('refuses a parameter that it does not know, and a value', async () => {
    for (const parameters of [{ freeze: 'true' }, { consistency: 'best' }] as Record<string, string>[]) {
      const answer = await refusal(rig.groupSnapshot('g', volumes, parameters));
      expect(answer.code).toBe(status.INVALID_ARGUMENT);
      expect(answer.message).toContain('consistency');
    }
  });

  test('a member is restored as any snapshot is', async () => {
    const group = await rig.groupSnapshot('g', volumes);
    await rig.create('restored', fromSnapshot(members(group)[0] ?? ''));
  });
});

describe('one moment', () => {
  const ofOneMoment = () => rig.groupSnapshot('g', volumes, {});

  test('is had while nobody writes, or one volume alone is written to', async () => {
    const [first = '', second = ''] = volumes;
    await rig.publish(first);
    const readOnly = { readonly: true, volumeCapability: mount(Mode.SINGLE_NODE_READER_ONLY) };
    await rig.publish(second, readOnly);
    expect((await ofOneMoment()).snapshots).toHaveLength(3);
  });

  test('is refused while two are written to, which are named with what helps', async () => {
    const [first = '', second = '', third = ''] = volumes;
    await rig.publish(first);
    await rig.publish(second);
    const answer = await refusal(ofOneMoment());
    expect(answer.code).toBe(status.FAILED_PRECONDITION);
    expect(answer.message).toContain(`${first} and ${second}`);
    expect(answer.message).toContain('consistency: member');
    expect(answer.message).not.toContain(third);
    expect(await rig.snapshotIds()).toEqual([]);
    expect((await rig.groupSnapshot('g', volumes)).snapshots).toHaveLength(3);
  });

  test('a group that was taken is answered though its volumes are written to since', async () => {
    const group = await ofOneMoment();
    for (const volumeId of volumes) await rig.publish(volumeId);
    expect(await ofOneMoment()).toEqual(group);
  });
});

describe('GetVolumeGroupSnapshot', () => {
  test('gives the group, with or without its members named', async () => {
    const group = await rig.groupSnapshot('g', volumes);
    for (const ids of [[], members(group), members(group).toReversed()]) {
      expect((await get(group.groupSnapshotId, ids)).groupSnapshot).toEqual(group);
    }
  });

  test('answers NOT_FOUND for what is no group, INVALID_ARGUMENT for other members', async () => {
    const group = await rig.groupSnapshot('g', volumes);
    const { snapshotId } = await rig.snapshot('s', volumes[0] ?? '');
    for (const id of [snapshotId, ...volumes, ...members(group), 'rds/absent', 'nonsense']) {
      expect((await refusal(get(id))).code).toBe(status.NOT_FOUND);
    }
    for (const ids of [members(group).slice(1), [...members(group), snapshotId]]) {
      expect((await refusal(get(group.groupSnapshotId, ids))).code).toBe(status.INVALID_ARGUMENT);
    }
  });
});

describe('DeleteVolumeGroupSnapshot', () => {
  test('deletes all members, and succeeds for what is gone or cannot be ours', async () => {
    const group = await rig.groupSnapshot('g', volumes);
    for (const id of [group.groupSnapshotId, group.groupSnapshotId, 'rds/absent', 'nonsense']) {
      expect(await remove(id, members(group))).toEqual({});
    }
    expect(await rig.snapshotIds()).toEqual([]);
  });

  test('answers INVALID_ARGUMENT for other members, and deletes nothing', async () => {
    const group = await rig.groupSnapshot('g', volumes);
    const answer = await refusal(remove(group.groupSnapshotId, members(group).slice(1)));
    expect(answer.code).toBe(status.INVALID_ARGUMENT);
    expect(await rig.snapshotIds()).toHaveLength(3);
  });

  test('takes no snapshot and no member for a group', async () => {
    const group = await rig.groupSnapshot('g', volumes);
    const { snapshotId } = await rig.snapshot('s', volumes[0] ?? '');
    for (const id of [snapshotId, ...members(group)]) expect(await remove(id)).toEqual({});
    expect(await rig.snapshotIds()).toHaveLength(4);
  });

  test('asks the backend for a group that it does not show, since members may be left of it', async () => {
    const asked: string[] = [];
    const { deleteSnapshot } = rig.backend;
    rig.backend.deleteSnapshot = (id, context) => {
      asked.push(id);
      return deleteSnapshot.call(rig.backend, id, context);
    };
    await remove('rds/half-taken');
    expect(asked).toEqual(['rds/half-taken']);
  });
});
