import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Tenant } from '../tenant.ts';

let tenant: Tenant;
beforeAll(async () => {
  tenant = await Tenant.arrive('refusals');
  await tenant.storageClass({ parameters: { provisioning: 'thicc' } });
});
afterAll(() => tenant.leave());

test('a wrong parameter of the class is said on the claim: the field, the value and what is allowed', async () => {
  await tenant.claim('wrong', { class: tenant.name });
  await tenant.until('the claim says why', async () => {
    const said = await tenant.complaints('wrong');
    const told = ['provisioning', 'thicc', 'thin, thick'];
    return said.some((one) => told.every((part) => one.includes(part))) || said;
  });
  expect((await tenant.see('persistentvolumeclaims', 'wrong')).status?.['phase']).toBe('Pending');
});

test('a volume for one pod is not given to a second, and is once the first has gone', async () => {
  await tenant.claim('single', { access: 'ReadWriteOncePod' });
  await tenant.runningPod('first', { claims: ['single'] });
  await tenant.pod('second', { claims: ['single'] });
  await tenant.until('the second is told', async () => {
    const said = await tenant.complaints('second');
    return said.some((one) => one.includes('ReadWriteOncePod')) || said;
  });
  await tenant.drop('pods', 'first');
  await tenant.runs('second');
});
