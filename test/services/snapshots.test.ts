import { beforeEach, describe, expect, test } from 'bun:test';
import { status } from '@grpc/grpc-js';
import { MiB } from '../../src/core/bytes.ts';
import { ControllerExpandVolumeRequest, ListSnapshotsRequest } from '../../src/core/csi/generated/csi.ts';
import { type Change, ControllerRig, call, refusal } from './controller-rig.ts';

let rig: ControllerRig;
beforeEach(async () => {
  rig = await ControllerRig.open();
});

const remove = (snapshotId: string) => call(rig.handlers.deleteSnapshot, { snapshotId, secrets: {} });
const get = (snapshotId: string) => call(rig.handlers.getSnapshot, { snapshotId, secrets: {} });
const list = (change: Change<typeof ListSnapshotsRequest> = {}) =>
  call(rig.handlers.listSnapshots, ListSnapshotsRequest.fromPartial(change));

describe('CreateSnapshot', () => {
  test('gives size, source, time and topology, and is ready at once', async () => {
    const before = Date.now();
    const volumeId = await rig.created('a');
    const snapshot = await rig.snapshot('s', volumeId);
    expect(snapshot).toMatchObject({
      sourceVolumeId: volumeId,
      sizeBytes: 8n * MiB,
      readyToUse: true,
      groupSnapshotId: '',
      accessibleTopology: [{ segments: { 'rose-csi.io/appliance-rds': 'true' } }],
    });
    const { seconds = 0n, nanos = 0 } = snapshot.creationTime ?? {};
    const taken = Number(seconds) * 1000 + nanos / 1e6;
    expect(taken).toBeGreaterThanOrEqual(before);
    expect(taken).toBeLessThanOrEqual(Date.now());
  });

  test('gives the same snapshot for the same name, though its source grew or went', async () => {
    const volumeId = await rig.created('a');
    const snapshot = await rig.snapshot('s', volumeId);
    const grown = { volumeId, capacityRange: { requiredBytes: 16n * MiB } };
    await call(rig.handlers.controllerExpandVolume, ControllerExpandVolumeRequest.fromPartial(grown));
    expect(await rig.snapshot('s', volumeId)).toEqual(snapshot);
    await call(rig.handlers.deleteVolume, { volumeId, secrets: {} });
    expect(await rig.snapshot('s', volumeId)).toEqual(snapshot);
  });

  test('answers ALREADY_EXISTS for the name with another source', async () => {
    const [one, two] = [await rig.created('a'), await rig.created('b')];
    await rig.snapshot('s', one);
    expect((await refusal(rig.snapshot('s', two))).code).toBe(status.ALREADY_EXISTS);
  });

  test('answers NOT_FOUND for a source that is gone or cannot be ours', async () => {
    for (const id of ['rds/absent', 'reallyfakevolumeid']) {
      const answer = await refusal(rig.snapshot('s', id));
      expect([answer.code, answer.message]).toEqual([status.NOT_FOUND, expect.stringContaining(id)]);
    }
  });

  test('answers FAILED_PRECONDITION where the pool has no snapshots, naming it and what helps', async () => {
    const volumeId = await rig.created('a', { parameters: { pool: 'plain' } });
    const answer = await refusal(rig.snapshot('s', volumeId));
    expect(answer.code).toBe(status.FAILED_PRECONDITION);
    expect(answer.message).toContain('pool plain');
    expect(answer.message).toContain('keep it in a pool that has');
  });

  test('refuses a parameter, since there are none, but for the sidecar’s own', async () => {
    const volumeId = await rig.created('a');
    const answer = await refusal(rig.snapshot('s', volumeId, { parameters: { retention: '3' } }));
    expect(answer.code).toBe(status.INVALID_ARGUMENT);
    expect(answer.message).toContain('"retention" is unknown');
    await rig.snapshot('s', volumeId, { parameters: { 'csi.storage.k8s.io/volumesnapshot/name': 'x' } });
  });

  test('refuses a topology that does not reach the appliance, and takes one that does', async () => {
    const volumeId = await rig.created('a');
    const reached = (name: string) => ({ segments: { [`rose-csi.io/appliance-${name}`]: 'true' } });
    const wanted = (...names: string[]) => ({ accessibilityRequirements: { requisite: names.map(reached) } });
    const answer = await refusal(rig.snapshot('s', volumeId, wanted('other')));
    expect(answer.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(await rig.snapshotIds()).toEqual([]);
    await rig.snapshot('s', volumeId, wanted('other', 'rds'));
  });

  test('answers RESOURCE_EXHAUSTED where the pool has no room for it', async () => {
    const large = { parameters: { pool: 'small' }, capacityRange: { requiredBytes: 600n * MiB } };
    const answer = await refusal(rig.snapshot('s', await rig.created('a', large)));
    expect(answer.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(answer.message).toContain('small');
  });
});

describe('DeleteSnapshot', () => {
  test('deletes, and succeeds for what is gone or cannot be ours', async () => {
    const { snapshotId } = await rig.snapshot('s', await rig.created('a'));
    for (const id of [snapshotId, snapshotId, 'rds/absent', 'reallyfakesnapshotid']) {
      expect(await remove(id)).toEqual({});
    }
    expect(await rig.snapshotIds()).toEqual([]);
  });

  test('answers INVALID_ARGUMENT for a member of a group, naming the group', async () => {
    const { groupSnapshotId, snapshots } = await rig.groupSnapshot('g', [await rig.created('a')]);
    const answer = await refusal(remove(snapshots[0]?.snapshotId ?? ''));
    expect(answer.code).toBe(status.INVALID_ARGUMENT);
    expect(answer.message).toContain(groupSnapshotId);
    expect(await rig.snapshotIds()).toHaveLength(1);
  });

  test('takes neither a group nor a volume for a snapshot', async () => {
    const volumeId = await rig.created('a');
    const { groupSnapshotId } = await rig.groupSnapshot('g', [volumeId]);
    for (const id of [groupSnapshotId, volumeId]) expect(await remove(id)).toEqual({});
    expect(await rig.snapshotIds()).toHaveLength(1);
    await rig.publish(volumeId);
  });
});

describe('GetSnapshot', () => {
  test('gives the snapshot, and NOT_FOUND for what is none', async () => {
    const volumeId = await rig.created('a');
    const snapshot = await rig.snapshot('s', volumeId);
    const { groupSnapshotId, snapshots } = await rig.groupSnapshot('g', [volumeId]);
    expect((await get(snapshot.snapshotId)).snapshot).toEqual(snapshot);
    const [member] = snapshots;
    expect((await get(member?.snapshotId ?? '')).snapshot).toMatchObject({ groupSnapshotId });
    for (const id of [volumeId, groupSnapshotId, 'rds/absent', 'nonsense']) {
      expect((await refusal(get(id))).code).toBe(status.NOT_FOUND);
    }
  });
});

describe('ListSnapshots', () => {
  test('pages through all, each once', async () => {
    const volumeId = await rig.created('a');
    const taken: string[] = [];
    for (const name of ['1', '2', '3', '4', '5']) {
      taken.push((await rig.snapshot(name, volumeId)).snapshotId);
    }
    const seen: string[] = [];
    let startingToken = '';
    do {
      const page = await list({ maxEntries: 2, startingToken });
      expect(page.entries.length).toBeLessThanOrEqual(2);
      seen.push(...page.entries.map(({ snapshot }) => snapshot?.snapshotId ?? ''));
      startingToken = page.nextToken;
    } while (startingToken !== '');
    expect(seen).toEqual(taken.sort());
  });

  test('by id and by source gives what fits both, and nothing for what does not exist', async () => {
    const [one, two] = [await rig.created('a'), await rig.created('b')];
    const { snapshotId } = await rig.snapshot('1', one);
    await rig.snapshot('2', two);
    expect(await rig.snapshotIds({ snapshotId })).toEqual([snapshotId]);
    expect(await rig.snapshotIds({ sourceVolumeId: one })).toEqual([snapshotId]);
    expect(await rig.snapshotIds({ snapshotId, sourceVolumeId: one })).toEqual([snapshotId]);
    expect(await rig.snapshotIds({ snapshotId, sourceVolumeId: two })).toEqual([]);
    for (const id of ['rds/absent', 'nonsense']) {
      expect(await rig.snapshotIds({ snapshotId: id })).toEqual([]);
      expect(await rig.snapshotIds({ sourceVolumeId: id })).toEqual([]);
    }
  });

  test('answers ABORTED for a token that is not ours, and fails while the appliance is away', async () => {
    expect((await refusal(list({ startingToken: 'bogus' }))).code).toBe(status.ABORTED);
    rig.backend.disconnect('cable pulled');
    expect((await refusal(list())).code).toBe(status.UNAVAILABLE);
    expect((await refusal(list({ snapshotId: 'rds/x' }))).code).toBe(status.UNAVAILABLE);
  });
});
