import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Tenant } from '../tenant.ts';
import { claimSpec, podSpec } from '../wishes.ts';

const NAMES = ['db-0', 'db-1', 'db-2', 'db-3', 'db-4'];

let tenant: Tenant;
beforeAll(async () => {
  tenant = await Tenant.arrive('stateful');
});
afterAll(() => tenant.leave());

const template = (round: string) => ({
  metadata: { labels: { app: 'db' }, annotations: { round } },
  spec: podSpec({ volumes: [], mounts: [{ name: 'data', mountPath: '/data' }] }),
});

const ready = (count: number) =>
  tenant.until(`${count} replicas are ready`, async () => {
    const { status } = await tenant.see('statefulsets', 'db');
    return (status?.['readyReplicas'] ?? 0) === count || status;
  });

test('five replicas have a volume each, which they find again after scaling down and up, and after a roll', async () => {
  await tenant.make('statefulsets', {
    metadata: { name: 'db' },
    spec: {
      serviceName: 'db',
      replicas: 5,
      selector: { matchLabels: { app: 'db' } },
      template: template('first'),
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claimSpec() }],
    },
  });
  await ready(5);
  for (const name of NAMES) await tenant.sh(name, `echo ${name} >/data/name && sync`);

  await tenant.change('statefulsets', 'db', { spec: { replicas: 2 } });
  await tenant.until('three have gone', async () => (await tenant.all('pods')).length === 2);
  await tenant.change('statefulsets', 'db', { spec: { replicas: 5 } });
  await ready(5);
  for (const name of NAMES) expect(await tenant.sh(name, 'cat /data/name')).toBe(name);

  const before = new Set((await tenant.all('pods')).map(({ metadata }) => metadata.uid));
  await tenant.change('statefulsets', 'db', { spec: { template: template('second') } });
  await tenant.until('all five are new', async () => {
    const pods = await tenant.all('pods');
    return (pods.length === 5 && pods.every(({ metadata }) => !before.has(metadata.uid))) || pods.length;
  });
  await ready(5);
  for (const name of NAMES) expect(await tenant.sh(name, 'cat /data/name')).toBe(name);
});
