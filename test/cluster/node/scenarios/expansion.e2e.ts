import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mayGrowExt4 } from '../../../host/support/volumes.ts';
import { Tenant } from '../tenant.ts';

let tenant: Tenant;
beforeAll(async () => {
  tenant = await Tenant.arrive('expansion');
  await tenant.storageClass({
    allowVolumeExpansion: true,
    parameters: { 'csi.storage.k8s.io/fstype': 'xfs' },
  });
});
afterAll(() => tenant.leave());

/** Megabytes of a mounted file system. */
const sizeOf = async (pod: string, mount: string): Promise<number> =>
  Number(await tenant.sh(pod, `df -m /${mount} | awk 'NR==2 {print $2}'`));

const grown = (claim: string, size: string) =>
  tenant.until(`${claim} has grown to ${size}`, async () => {
    const capacity = await tenant.capacity(claim);
    return capacity === size || { capacity, events: await tenant.complaints(claim) };
  });

test('a mounted xfs grows under its pod', async () => {
  await tenant.claim('online', { class: tenant.name, size: '320Mi' });
  await tenant.runningPod('uses', { claims: ['online'] });
  await tenant.sh('uses', 'echo content >/online/file && sync');
  const before = await sizeOf('uses', 'online');
  await tenant.grow('online', '640Mi');
  await grown('online', '640Mi');
  expect(await sizeOf('uses', 'online')).toBeGreaterThan(before + 250);
  expect(await tenant.sh('uses', 'cat /online/file')).toBe('content');
});

test('a volume that nobody uses grows, device and file system, when the next pod comes', async () => {
  // kubelet grows what it has mounted, so here, too, ext4 needs the capability.
  await tenant.claim('offline', mayGrowExt4() ? { size: '320Mi' } : { class: tenant.name, size: '320Mi' });
  await tenant.runningPod('before', { claims: ['offline'] });
  await tenant.sh('before', 'echo content >/offline/file && sync');
  const before = await sizeOf('before', 'offline');
  await tenant.drop('pods', 'before');
  await tenant.grow('offline', '640Mi');
  await tenant.runningPod('after', { claims: ['offline'] });
  await grown('offline', '640Mi');
  expect(await sizeOf('after', 'offline')).toBeGreaterThan(before + 250);
  expect(await tenant.sh('after', 'cat /offline/file')).toBe('content');
});

test('a mounted ext4 grows under its pod, or the claim says which capability the machine withholds', async () => {
  await tenant.claim('mounted', { size: '64Mi' });
  await tenant.runningPod('stays', { claims: ['mounted'] });
  await tenant.sh('stays', 'echo content >/mounted/file && sync');
  const before = await sizeOf('stays', 'mounted');
  await tenant.grow('mounted', '256Mi');
  if (mayGrowExt4()) {
    await grown('mounted', '256Mi');
    expect(await sizeOf('stays', 'mounted')).toBeGreaterThan(before + 150);
  } else {
    await tenant.until('somebody says CAP_SYS_RESOURCE', async () => {
      const said = [...(await tenant.complaints('mounted')), ...(await tenant.complaints('stays'))];
      return said.some((one) => one.includes('CAP_SYS_RESOURCE')) || said;
    });
  }
  expect(await tenant.sh('stays', 'cat /mounted/file')).toBe('content');
});
