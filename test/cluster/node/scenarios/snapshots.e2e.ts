import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Tenant } from '../tenant.ts';

let tenant: Tenant;
beforeAll(async () => {
  tenant = await Tenant.arrive('snapshots');
  await tenant.claim('source');
  await tenant.runningPod('writes', { claims: ['source'] });
});
afterAll(() => tenant.leave());

async function snapshot(name: string): Promise<void> {
  await tenant.make('volumesnapshots', {
    metadata: { name },
    spec: { volumeSnapshotClassName: 'rose', source: { persistentVolumeClaimName: 'source' } },
  });
  await tenant.until(`${name} is ready`, async () => {
    const { status } = await tenant.see('volumesnapshots', name);
    return status?.['readyToUse'] === true || status;
  });
}

test('a snapshot is restored to what was there, also into a larger volume; a later write is not in it', async () => {
  await tenant.sh('writes', 'echo before >/source/file && sync');
  await snapshot('first');
  await tenant.sh('writes', 'echo after >/source/file && sync');
  const from = { kind: 'VolumeSnapshot', name: 'first' } as const;
  await tenant.claim('same', { from });
  await tenant.claim('larger', { from, size: '256Mi' });
  await tenant.runningPod('reads', { claims: ['same', 'larger', 'source'] });
  expect(await tenant.sh('reads', 'cat /same/file /larger/file /source/file')).toBe('before\nbefore\nafter');
  expect(Number(await tenant.sh('reads', "df -m /larger | awk 'NR==2 {print $2}'"))).toBeGreaterThan(200);
  await tenant.drop('pods', 'reads');
  await tenant.drop('volumesnapshots', 'first');
  expect(await tenant.sh('writes', 'cat /source/file')).toBe('after');
});

test('a claim is cloned while it is in use, and the two go their own ways', async () => {
  await tenant.sh('writes', 'echo shared >/source/file && sync');
  await tenant.claim('clone', { from: { kind: 'PersistentVolumeClaim', name: 'source' } });
  await tenant.runningPod('has-both', { claims: ['source', 'clone'] });
  expect(await tenant.sh('has-both', 'cat /clone/file')).toBe('shared');
  await tenant.sh('has-both', 'echo own >/clone/file && sync');
  expect(await tenant.sh('writes', 'cat /source/file')).toBe('shared');
});
