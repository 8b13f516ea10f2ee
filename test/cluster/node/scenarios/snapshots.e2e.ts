import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mayGrowExt4 } from '../../../host/support/volumes.ts';
import { Tenant } from '../tenant.ts';

/** What is restored into a larger volume grows while it is mounted: ext4 only with the capability for that. */
const TYPE = mayGrowExt4() ? 'ext4' : 'xfs';

let tenant: Tenant;
beforeAll(async () => {
  tenant = await Tenant.arrive('snapshots');
  await tenant.storageClass({ parameters: { 'csi.storage.k8s.io/fstype': TYPE } });
  await tenant.claim('source', wish());
  await tenant.runningPod('writes', { claims: ['source'] });
});
afterAll(() => tenant.leave());

const wish = (size = '320Mi') => ({ class: tenant.name, size });

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
  await tenant.claim('same', { ...wish(), from });
  await tenant.claim('larger', { ...wish('640Mi'), from });
  await tenant.runningPod('reads', { claims: ['same', 'larger', 'source'] });
  expect(await tenant.sh('reads', 'cat /same/file /larger/file /source/file')).toBe('before\nbefore\nafter');
  expect(Number(await tenant.sh('reads', "df -m /larger | awk 'NR==2 {print $2}'"))).toBeGreaterThan(500);
  await tenant.drop('pods', 'reads');
  await tenant.drop('volumesnapshots', 'first');
  expect(await tenant.sh('writes', 'cat /source/file')).toBe('after');
});

test('a claim is cloned while it is in use, and the two go their own ways', async () => {
  await tenant.sh('writes', 'echo shared >/source/file && sync');
  await tenant.claim('clone', { ...wish(), from: { kind: 'PersistentVolumeClaim', name: 'source' } });
  await tenant.runningPod('has-both', { claims: ['source', 'clone'] });
  expect(await tenant.sh('has-both', 'cat /clone/file')).toBe('shared');
  await tenant.sh('has-both', 'echo own >/clone/file && sync');
  expect(await tenant.sh('writes', 'cat /source/file')).toBe('shared');
});
