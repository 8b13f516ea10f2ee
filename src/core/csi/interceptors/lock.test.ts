import { describe, expect, test } from 'bun:test';
import { rpcCall, rpcMethod } from '../../../../test/support/rpc-call.ts';
import { KeyedTryLock } from '../keyed-try-lock.ts';
import type { EdgeHandler } from './interceptor.ts';
import { lock } from './lock.ts';

const slotOf = (kind: string, name: string): string => `csi-${kind === 'volume' ? '' : 'of-'}${name}`;

/** Layers that share locks, around handlers that end when they are told. */
function shared() {
  const layer = lock(new KeyedTryLock(), slotOf);
  return (name: string, request: object) => {
    const gate = Promise.withResolvers<string>();
    const handler: EdgeHandler = () => gate.promise;
    const running = layer(handler, rpcMethod(name))(request, rpcCall(name));
    running.catch(() => undefined);
    return { running, end: () => gate.resolve('done'), fail: () => gate.reject(new Error('failed')) };
  };
}

const REQUESTS: Readonly<Record<string, object>> = {
  CreateVolume: { name: 'pvc-1' },
  CreateSnapshot: { name: 'pvc-1', sourceVolumeId: 'rds1/csi-pvc-1' },
  DeleteSnapshot: { snapshotId: 'rds1/csi-of-pvc-1' },
  CreateVolumeGroupSnapshot: { name: 'pvc-1', sourceVolumeIds: ['rds1/csi-other', 'rds1/csi-pvc-1'] },
  DeleteVolumeGroupSnapshot: { groupSnapshotId: 'rds1/csi-of-pvc-1' },
};
const request = (name: string): object => REQUESTS[name] ?? { volumeId: 'rds1/csi-pvc-1' };

describe('lock', () => {
  test.each([
    ['CreateVolume', 'CreateVolume'],
    ['CreateVolume', 'DeleteVolume'],
    ['DeleteVolume', 'CreateVolume'],
    ['DeleteVolume', 'ControllerPublishVolume'],
    ['ControllerPublishVolume', 'ControllerUnpublishVolume'],
    ['ControllerExpandVolume', 'DeleteVolume'],
    ['ControllerModifyVolume', 'ControllerExpandVolume'],
    ['CreateSnapshot', 'CreateSnapshot'],
    ['CreateSnapshot', 'DeleteSnapshot'],
    ['DeleteSnapshot', 'CreateSnapshot'],
    ['CreateVolumeGroupSnapshot', 'CreateVolumeGroupSnapshot'],
    ['CreateVolumeGroupSnapshot', 'DeleteVolumeGroupSnapshot'],
    ['CreateVolumeGroupSnapshot', 'ControllerPublishVolume'],
    ['ControllerUnpublishVolume', 'CreateVolumeGroupSnapshot'],
    ['DeleteVolumeGroupSnapshot', 'CreateVolumeGroupSnapshot'],
    ['NodeStageVolume', 'NodeUnpublishVolume'],
    ['NodeUnstageVolume', 'NodePublishVolume'],
    ['NodeExpandVolume', 'NodeUnstageVolume'],
  ])('%s excludes %s of the same object', async (first, second) => {
    const run = shared();
    const holder = run(first, request(first));
    await expect(run(second, request(second)).running).rejects.toThrow(
      /^an operation on (volume|snapshot|group snapshot) ".*pvc-1" is in progress; retry$/,
    );
    holder.end();
    await holder.running;
    const next = run(second, request(second));
    next.end();
    expect(await next.running).toBe('done');
  });

  test.each([
    ['DeleteVolume', 'NodeStageVolume', request('NodeStageVolume')],
    ['DeleteVolume', 'DeleteVolume', { volumeId: 'rds1/csi-pvc-2' }],
    ['CreateVolume', 'CreateVolume', { name: 'pvc-2' }],
    ['DeleteVolume', 'ControllerGetVolume', request('ControllerGetVolume')],
    ['DeleteVolume', 'DeleteVolume', { volumeId: 'not ours' }],
    ['CreateVolume', 'CreateSnapshot', request('CreateSnapshot')],
    ['DeleteVolume', 'CreateSnapshot', request('CreateSnapshot')],
    ['CreateSnapshot', 'GetSnapshot', request('DeleteSnapshot')],
    ['NodeStageVolume', 'NodeGetVolumeStats', request('NodeGetVolumeStats')],
  ])('%s does not hinder %s of %p', async (first, second, other) => {
    const run = shared();
    const runs = [run(first, request(first)), run(second, other)];
    for (const { end } of runs) end();
    expect(await Promise.all(runs.map(({ running }) => running))).toEqual(['done', 'done']);
  });

  test('a failed operation lets go of its volume', async () => {
    const run = shared();
    const failing = run('DeleteVolume', request('DeleteVolume'));
    failing.fail();
    await expect(failing.running).rejects.toThrow('failed');
    const next = run('DeleteVolume', request('DeleteVolume'));
    next.end();
    expect(await next.running).toBe('done');
  });

  test('a group that does not get all of its locks holds none of them', async () => {
    const run = shared();
    const holder = run('DeleteVolume', request('DeleteVolume'));
    await expect(
      run('CreateVolumeGroupSnapshot', request('CreateVolumeGroupSnapshot')).running,
    ).rejects.toThrow('volume "rds1/csi-pvc-1" is in progress');
    const free = [
      run('DeleteVolume', { volumeId: 'rds1/csi-other' }),
      run('DeleteVolumeGroupSnapshot', request('DeleteVolumeGroupSnapshot')),
    ];
    for (const { end } of [holder, ...free]) end();
    expect(await Promise.all(free.map(({ running }) => running))).toEqual(['done', 'done']);
  });

  test('a source that is named twice does not exclude itself', async () => {
    const run = shared();
    const twice = run('CreateVolumeGroupSnapshot', { name: 'x', sourceVolumeIds: ['rds1/a', 'rds1/a'] });
    twice.end();
    expect(await twice.running).toBe('done');
  });

  test('an id that is not of our form locks itself', async () => {
    const run = shared();
    const holder = run('DeleteVolume', { volumeId: 'reallyfakevolumeid' });
    await expect(run('DeleteVolume', { volumeId: 'reallyfakevolumeid' }).running).rejects.toMatchObject({
      codeName: 'ABORTED',
    });
    holder.end();
    await holder.running;
  });
});
