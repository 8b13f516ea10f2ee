import { afterAll, beforeAll, expect, test } from 'bun:test';
import { VALUES } from '../installation.ts';
import { Tenant } from '../tenant.ts';

let tenant: Tenant;
beforeAll(async () => {
  tenant = await Tenant.arrive('releases');
  await tenant.claim('data');
  await tenant.runningPod('uses', { claims: ['data'] });
  await tenant.sh('uses', 'echo first >/data/file && sync');
});
afterAll(() => tenant.leave());

const driverPod = async () =>
  (
    await tenant.tools.kubectl('-n', 'rose-csi', 'get', 'pods', '-o', 'jsonpath={.items[*].metadata.uid}')
  ).trim();

test('an upgrade of the release replaces the node plugin under a volume in use', async () => {
  const before = await driverPod();
  await tenant.tools.helm('upgrade', 'rose-csi', { ...VALUES, node: { podLabels: { round: 'second' } } });
  expect(await driverPod()).not.toBe(before);
  expect(await tenant.sh('uses', 'cat /data/file && echo second >/data/file')).toBe('first');
  await tenant.claim('new');
  await tenant.runningPod('comes', { claims: ['data', 'new'] });
  expect(await tenant.sh('comes', 'cat /data/file')).toBe('second');
});

test('uninstalled with a volume in use, data and claim stay, and work again once the driver is installed', async () => {
  await tenant.tools.uninstall('rose-csi');
  expect(await tenant.sh('uses', 'echo without >/data/file && sync && cat /data/file')).toBe('without');
  await tenant.tools.helm('install', 'rose-csi', VALUES);
  await tenant.runningPod('later', { claims: ['data'] });
  expect(await tenant.sh('later', 'cat /data/file')).toBe('without');
  await tenant.drop('pods', 'uses', 'comes', 'later');
  await tenant.runningPod('anew', { claims: ['data'] });
  expect(await tenant.sh('anew', 'cat /data/file')).toBe('without');
});
