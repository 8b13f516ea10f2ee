import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Tenant } from '../tenant.ts';

let tenant: Tenant;
beforeAll(async () => {
  tenant = await Tenant.arrive('mounts');
  await tenant.storageClass({ mountOptions: ['noatime', 'nodiratime', 'sync'] });
});
afterAll(() => tenant.leave());

const volume = (claimName: string, readOnly = false) => ({
  name: 'data',
  persistentVolumeClaim: { claimName, readOnly },
});

test('fsGroup lets a pod that is not root write, and its files have the group', async () => {
  await tenant.claim('grouped');
  const security = { runAsUser: 1234, runAsGroup: 1234, fsGroup: 4321 };
  await tenant.runningPod('nobody', { claims: ['grouped'], security });
  await tenant.sh('nobody', 'echo content >/grouped/file');
  expect(await tenant.sh('nobody', 'stat -c "%u %g" /grouped/file')).toBe('1234 4321');
});

test('the class’s mount options are those of the mount', async () => {
  await tenant.claim('optioned', { class: tenant.name });
  await tenant.runningPod('looks', { claims: ['optioned'] });
  const line = await tenant.sh('looks', 'grep " /optioned " /proc/mounts');
  expect(line.split(' ')[3]?.split(',')).toEqual(expect.arrayContaining(['noatime', 'sync']));
});

test('two sub-paths of a volume are apart, and a pod that only reads cannot write', async () => {
  await tenant.claim('shared');
  await tenant.runningPod('writes', {
    volumes: [volume('shared')],
    mounts: ['one', 'two'].map((subPath) => ({ name: 'data', mountPath: `/${subPath}`, subPath })),
  });
  await tenant.sh('writes', 'echo 1 >/one/file; echo 2 >/two/file; sync');
  await tenant.runningPod('reads', {
    volumes: [volume('shared', true)],
    mounts: [{ name: 'data', mountPath: '/data', readOnly: true }],
  });
  expect(await tenant.sh('reads', 'cat /data/one/file /data/two/file')).toBe('1\n2');
  expect(await tenant.sh('reads', 'touch /data/x 2>&1 || true')).toContain('Read-only file system');
  expect(await tenant.sh('writes', 'echo 3 >/one/file && cat /one/file')).toBe('3');
});

test('a generic ephemeral volume comes with its pod and goes with it', async () => {
  const spec = {
    storageClassName: 'rose',
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '64Mi' } },
  };
  await tenant.runningPod('brief', {
    volumes: [{ name: 'data', ephemeral: { volumeClaimTemplate: { spec } } }],
    mounts: [{ name: 'data', mountPath: '/data' }],
  });
  await tenant.sh('brief', 'echo content >/data/file');
  const { metadata } = await tenant.volumeOf('brief-data');
  await tenant.drop('pods', 'brief');
  await tenant.until('its volume is gone', async () => {
    const left = (await tenant.volumes()).map(({ metadata: { name } }) => name);
    return !left.includes(metadata.name) || left;
  });
});
