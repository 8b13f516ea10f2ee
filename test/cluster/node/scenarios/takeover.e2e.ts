import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Appliance, RDS } from '../appliance/appliance.ts';
import { Tenant } from '../tenant.ts';

const CLAIMS = Array.from({ length: 20 }, (_, at) => `claim-${at}`);
const USED = CLAIMS.slice(0, 3);
const POD = new RegExp(`^${RDS.release}-controller-[a-z0-9]+-[a-z0-9]+`);

let appliance: Appliance;
let tenant: Tenant;
beforeAll(async () => {
  appliance = await Appliance.arrive();
  await appliance.install();
  tenant = await Tenant.arrive('takeover', RDS);
  await tenant.storageClass({ volumeBindingMode: 'Immediate' });
}, 300_000);
afterAll(async () => {
  await tenant.leave();
  await appliance.leave();
}, 300_000);

interface Named {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: { readonly holderIdentity?: string; readonly containers?: readonly object[] };
}

async function seen(kind: string, ...flags: readonly string[]): Promise<readonly Named[]> {
  const text = await tenant.tools.kubectl('-n', 'rose-csi', 'get', kind, '-o', 'json', ...flags);
  return (JSON.parse(text) as { items: Named[] }).items;
}

const podsOf = (component: string) =>
  seen('pods', '-l', `app.kubernetes.io/instance=${RDS.release},app.kubernetes.io/component=${component}`);

/** The pods that hold the leases of the driver and its sidecars, by lease. */
async function leaders(): Promise<Readonly<Record<string, string>>> {
  const held = (await seen('leases')).map(({ metadata, spec }) => [
    metadata.name,
    POD.exec(spec.holderIdentity ?? '')?.[0],
  ]);
  return Object.fromEntries(held.filter(([, pod]) => pod !== undefined));
}

const ours = (count: number) => appliance.disks().length === count || appliance.disks();

test('a leader that is killed again and again while it makes volumes loses all leases; the other makes each volume once', async () => {
  const pods = await podsOf('controller');
  expect(pods).toHaveLength(2);
  const before = await leaders();
  // Driver, provisioner, attacher, resizer and snapshotter.
  expect(Object.keys(before)).toHaveLength(5);
  const doomed = pods.find(({ metadata }) => metadata.name === before[RDS.driver.replaceAll('.', '-')]);
  if (!doomed) throw new Error(`the provisioner that leads is none of these: ${JSON.stringify(before)}`);
  appliance.simulator.latency.set({ perCommandMs: 200 });
  for (const claim of CLAIMS) await tenant.claim(claim, { class: tenant.name });
  await tenant.until('some volume is being made', async () => appliance.disks().length > 0);
  expect(appliance.disks().length).toBeLessThan(CLAIMS.length);
  // kubelet waits longer with every time that it starts a container again; in the end longer than a lease lasts.
  const begun = performance.now();
  await tenant.until('the other pod leads', async () => {
    const pids = tenant.node.namespaces.processesOf(doomed.metadata.uid);
    if (pids.length > 0)
      await tenant.node.namespaces.run('kill', '-KILL', ...pids.map(String)).catch(() => undefined);
    const now = await leaders();
    const left = Object.entries(now).filter(([, pod]) => pod === doomed.metadata.name);
    return left.length === 0 || left;
  });
  process.stdout.write(`  taken over after ${((performance.now() - begun) / 1000).toFixed(1)} s\n`);
  for (const claim of CLAIMS) await tenant.bound(claim);
  expect(ours(CLAIMS.length)).toBe(true);
  appliance.simulator.latency.set({});
  const handles = (await tenant.volumes()).map(
    ({ spec }) => (spec['csi'] as { volumeHandle: string }).volumeHandle,
  );
  expect(handles.map((handle) => handle.split('/')[1] ?? '').toSorted()).toEqual(
    appliance.disks().toSorted(),
  );
});

test('volumes of the appliance are written by pods, and what the two pods of the driver take', async () => {
  for (const claim of USED) {
    await tenant.runningPod(`uses-${claim}`, { claims: [claim] });
    await tenant.sh(`uses-${claim}`, `echo ${claim} >/${claim}/name && sync`);
  }
  expect(appliance.exports()).toHaveLength(USED.length);
  for (const claim of USED) {
    await tenant.drop('pods', `uses-${claim}`);
    await tenant.runningPod(`reads-${claim}`, { claims: [claim] });
    expect(await tenant.sh(`reads-${claim}`, `cat /${claim}/name`)).toBe(claim);
  }
  const [node] = await podsOf('node');
  expect(node?.spec.containers).toHaveLength(1);
  const rss = ({ metadata }: Named) => {
    const { namespaces } = tenant.node;
    const drivers = namespaces.processes('rose-csi');
    return namespaces
      .processesOf(metadata.uid)
      .filter((pid) => drivers.includes(pid))
      .map((pid) => namespaces.residentMiB(pid));
  };
  for (const component of ['node', 'controller']) {
    const pods = await podsOf(component);
    const said = pods.map((pod) => `${rss(pod).join('+')} MiB`).join(', ');
    process.stdout.write(
      `  ${component} pod: containers ${pods[0]?.spec.containers?.length}, driver ${said}\n`,
    );
  }
});

test('the volumes that are deleted while the appliance is slow leave nothing on it', async () => {
  appliance.simulator.latency.set({ perCommandMs: 100 });
  await tenant.drop('pods', ...USED.map((claim) => `reads-${claim}`));
  await tenant.drop('persistentvolumeclaims', ...CLAIMS);
  await tenant.until('the appliance is empty', () => appliance.empty());
  appliance.simulator.latency.set({});
});
