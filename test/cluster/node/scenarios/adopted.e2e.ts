import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { run } from '../../../vm/rig/run-program.ts';
import { Appliance, RDS } from '../appliance/appliance.ts';
import { Tenant } from '../tenant.ts';

const DISK = 'vm-disk';
const IMAGE = 'pool1/vm-disk.img';

let appliance: Appliance;
let tenant: Tenant;
beforeAll(async () => {
  appliance = await Appliance.arrive();
  await appliance.install();
  tenant = await Tenant.arrive('adopted', RDS);
}, 300_000);
afterAll(async () => {
  await tenant.leave();
  await appliance.leave();
}, 300_000);

const kubectl = (...args: readonly string[]) => tenant.tools.kubectl(...args);
const roseCsi = (...args: readonly string[]) =>
  kubectl('-n', 'rose-csi', 'exec', 'deploy/rds-controller', '-c', 'driver', '--', 'rose-csi', ...args);

async function patched(volume: string, change: object): Promise<void> {
  await kubectl('patch', 'pv', volume, '--type=merge', '--patch', JSON.stringify(change));
}

test('a volume whose claim and PersistentVolume are gone is used again by a static PersistentVolume', async () => {
  await tenant.claim('first');
  await tenant.runningPod('writes', { claims: ['first'] });
  await tenant.sh('writes', 'echo kept >/first/file && sync');
  const { metadata, spec } = await tenant.volumeOf('first');
  const csi = spec['csi'] as Readonly<Record<string, unknown>>;
  await patched(metadata.name, { spec: { persistentVolumeReclaimPolicy: 'Retain' } });
  await tenant.drop('pods', 'writes');
  await tenant.drop('persistentvolumeclaims', 'first');
  await kubectl('delete', 'pv', metadata.name);
  expect(appliance.disks()).toEqual([String(csi['volumeHandle']).split('/')[1] ?? '']);

  await tenant.tools.apply(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: tenant.name },
      spec: {
        capacity: spec['capacity'],
        accessModes: ['ReadWriteOnce'],
        storageClassName: RDS.class,
        persistentVolumeReclaimPolicy: 'Retain',
        claimRef: { namespace: tenant.name, name: 'second' },
        csi: { driver: RDS.driver, volumeHandle: csi['volumeHandle'], fsType: 'ext4' },
      },
    }),
  );
  await tenant.claim('second');
  await tenant.runningPod('reads', { claims: ['second'] });
  expect(await tenant.sh('reads', 'cat /second/file')).toBe('kept');
  await tenant.drop('pods', 'reads');
  // As if it had been provisioned: with its claim the volume goes, too.
  await patched(tenant.name, {
    metadata: { annotations: { 'pv.kubernetes.io/provisioned-by': RDS.driver } },
    spec: { persistentVolumeReclaimPolicy: 'Delete' },
  });
  await tenant.drop('persistentvolumeclaims', 'second');
  await tenant.until('the appliance is empty', () => appliance.empty());
});

test('a disk of the appliance with a file system in it is imported, used by a pod with its data, and is itself again', async () => {
  const folder = await mkdtemp(`${tmpdir()}/rose-csi-imported-`);
  try {
    await Bun.write(`${folder}/file`, 'was there before\n');
    await appliance.console(
      `/disk/add type=file slot=${DISK} file-path=/${IMAGE} file-size=67108864 mount-filesystem=no`,
    );
    await run('mkfs.ext4', '-q', '-F', '-d', folder, appliance.file(IMAGE));
  } finally {
    await rm(folder, { recursive: true });
  }
  const before = appliance.simulator.appliance.disk(DISK);
  const wish = ['--claim', `${tenant.name}/imported`, '--fs-type', 'ext4', '--storage-class', RDS.class];
  await tenant.tools.apply(await roseCsi('volumes', 'import', DISK, ...wish, '--confirm', DISK));
  await tenant.bound('imported');
  await tenant.runningPod('uses', { claims: ['imported'] });
  expect(await tenant.sh('uses', 'cat /imported/file && echo new >/imported/second')).toBe(
    'was there before',
  );

  await tenant.drop('pods', 'uses');
  await tenant.drop('persistentvolumeclaims', 'imported');
  await kubectl('delete', 'pv', DISK);
  await tenant.until('it is detached', async () => appliance.exports().length === 0);
  await roseCsi('volumes', 'release', DISK, '--confirm', DISK);
  const { id, slot, comment } = appliance.simulator.appliance.disk(DISK) ?? {};
  expect({ id, slot, comment }).toEqual({ id: before?.id, slot: before?.slot, comment: before?.comment });
  const content = await run('debugfs', '-R', 'cat /second', appliance.file(IMAGE));
  expect(content).toContain('new');
  await appliance.console(`/disk/remove [find slot=${DISK}]`);
  await appliance.console(`/file/remove [find name=${IMAGE}]`);
});
