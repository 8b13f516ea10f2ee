import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Tenant } from '../tenant.ts';

const TYPES = ['ext4', 'xfs', 'btrfs'];
/** mkfs.xfs makes none below 300 MiB. */
const SIZE = '320Mi';

let tenant: Tenant;
beforeAll(async () => {
  tenant = await Tenant.arrive('lifecycle');
  for (const type of TYPES) {
    await tenant.storageClass(
      { parameters: { 'csi.storage.k8s.io/fstype': type } },
      `${tenant.name}-${type}`,
    );
  }
});
afterAll(() => tenant.leave());

test.each(TYPES)(
  'a %s volume is made for a claim, keeps its data from pod to pod, and goes with the claim',
  async (type) => {
    await tenant.claim(type, { class: `${tenant.name}-${type}`, size: SIZE });
    await tenant.runningPod(`writes-${type}`, { claims: [type] });
    expect(await tenant.sh(`writes-${type}`, `grep ' /${type} ' /proc/mounts`)).toContain(` ${type} `);
    const written = await tenant.sh(
      `writes-${type}`,
      `dd if=/dev/urandom of=/${type}/file bs=1M count=8 2>/dev/null && sync && sha256sum </${type}/file`,
    );
    await tenant.drop('pods', `writes-${type}`);
    await tenant.runningPod(`reads-${type}`, { claims: [type] });
    expect(await tenant.sh(`reads-${type}`, `sha256sum </${type}/file`)).toBe(written);
    const { metadata, spec } = await tenant.volumeOf(type);
    expect((spec['csi'] as { fsType: string }).fsType).toBe(type);
    await tenant.drop('pods', `reads-${type}`);
    await tenant.drop('persistentvolumeclaims', type);
    await tenant.until(`${metadata.name} is gone`, async () => (await tenant.volumes()).length === 0);
  },
);
