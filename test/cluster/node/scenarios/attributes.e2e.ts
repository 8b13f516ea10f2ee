import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Tenant } from '../tenant.ts';

let tenant: Tenant;
beforeAll(async () => {
  tenant = await Tenant.arrive('attributes');
  for (const [name, compression] of [
    ['on', 'true'],
    ['wrong', 'sometimes'],
  ]) {
    await tenant.tools.apply(
      JSON.stringify({
        apiVersion: 'storage.k8s.io/v1',
        kind: 'VolumeAttributesClass',
        metadata: { name: `${tenant.name}-${name}` },
        driverName: 'rose-csi.io',
        parameters: { compression },
      }),
    );
  }
});
afterAll(async () => {
  await tenant.leave();
  await tenant.tools.kubectl('delete', 'volumeattributesclass', `${tenant.name}-on`, `${tenant.name}-wrong`);
});

const current = async () =>
  (await tenant.see('persistentvolumeclaims', 'data')).status?.['currentVolumeAttributesClassName'];

test('a VolumeAttributesClass is taken on by a volume in use, and a wrong one is refused by name', async () => {
  await tenant.claim('data');
  await tenant.runningPod('uses', { claims: ['data'] });
  const name = `${tenant.name}-on`;
  await tenant.change('persistentvolumeclaims', 'data', { spec: { volumeAttributesClassName: name } });
  await tenant.until('the class is current', async () => (await current()) === name || current());
  await tenant.change('persistentvolumeclaims', 'data', {
    spec: { volumeAttributesClassName: `${tenant.name}-wrong` },
  });
  await tenant.until('the claim says why', async () => {
    const said = await tenant.complaints('data');
    return said.some((one) => one.includes('compression') && one.includes('sometimes')) || said;
  });
  expect(await current()).toBe(name);
});
