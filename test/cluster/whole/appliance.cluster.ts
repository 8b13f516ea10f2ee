/** Run by `make e2e-kube`: bad days of the appliance, with the real controllers. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Cluster } from '../rig/cluster.ts';
import { eventually } from '../rig/eventually.ts';

const OPERATIONS = 50;
/** How long it is away; `make soak` has two minutes, and then ten. */
const OUTAGE_MS = 1000 * Number(process.env['OUTAGE_SECONDS'] ?? 15);
const HOUR_MS = 3_600_000;

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start();
}, 300_000);

afterAll(() => cluster?.stop(), 60_000);

const claimsOf = (wave: string) => Array.from({ length: OPERATIONS }, (_, at) => `${wave}-${at}`);
const attempts = () => cluster.metric('rose_csi_ssh_connection_attempts_total{appliance="rds"}');
const told = async (reason: string): Promise<boolean> =>
  (await cluster.objects.list.events()).some((event) => (event as { reason?: string }).reason === reason);

async function deleted(claims: readonly string[]): Promise<void> {
  for (const claim of claims) await cluster.objects.remove.claim(claim);
  await eventually('the appliance is empty', () => cluster.looks.empty(), 120_000);
}

/** So many fit into that time, where the first is made at once, and each pause is as short as it may be. */
function mostAttempts(ms: number): number {
  let count = 0;
  for (let at = 0, pause = 900; at <= ms; at += pause, pause = Math.min(2 * pause, 14_400)) count += 1;
  return count;
}

describe('the appliance', () => {
  test(`is away for ${OUTAGE_MS / 1000} s during ${OPERATIONS} operations: it is tried ever more rarely, and all of them finish after its return`, async () => {
    const { objects, looks, appliance } = cluster;
    await eventually('it is there', () => cluster.probe());
    const claims = claimsOf('away');
    await Promise.all(claims.map((claim) => objects.claim(claim, '1Mi')));
    await appliance.addFault({ fault: { kind: 'refuse-connection' }, times: 'always' });
    await appliance.drop();
    const [before, begun] = [await attempts(), performance.now()];
    const over = () => performance.now() - begun;
    await eventually('Probe says so', async () => (await cluster.probe()) === false);
    await eventually('the outage lasts', async () => over() >= OUTAGE_MS, 2 * OUTAGE_MS);
    const tried = (await attempts()) - before;
    expect(tried).toBeGreaterThan(1);
    expect(tried).toBeLessThanOrEqual(mostAttempts(over()) + 1);
    expect(await looks.bound(claims)).not.toBe(true);
    expect(await told('ApplianceLost')).toBe(true);
    await appliance.clearFaults();
    await eventually('all are bound', () => looks.bound(claims), 120_000);
    expect(await cluster.probe()).toBe(true);
    await eventually('people are told', () => told('ApplianceBack'));
    await deleted(claims);
  }, 1_800_000);

  test('comes back from a reboot without an export that should be there: it is exported again, in the same epoch', async () => {
    const { objects, looks, appliance } = cluster;
    await objects.claim('lost');
    await eventually('it is bound', () => looks.bound(['lost']));
    await objects.pod('user', 'node-a', ['lost']);
    await eventually('it is attached', () => looks.attached(1));
    const before = await looks.nqnOf('lost');
    const slot = await looks.slotOf('lost');
    await appliance.console(`/disk/set [find where slot=${slot}] nvme-tcp-export=no`);
    await appliance.reboot(2_000);
    await eventually('it is exported again', async () => (await looks.nqnOf('lost')) !== undefined);
    expect(await looks.nqnOf('lost')).toBe(before);
    await eventually('people are told', () => told('ExportedAgain'));
    await objects.remove.pod('user');
    await eventually('it is detached', () => looks.attached(0));
    await deleted(['lost']);
  }, 180_000);

  test('has its clock set back and forth by an hour while volumes are made and deleted: nothing is lost', async () => {
    const { objects, looks, appliance } = cluster;
    const claims = claimsOf('clock');
    for (const [at, claim] of claims.entries()) {
      await objects.claim(claim, '1Mi');
      if (at % 10 === 5) await appliance.jumpClock(at % 20 === 5 ? HOUR_MS : -HOUR_MS);
    }
    await eventually('all are bound', () => looks.bound(claims), 120_000);
    await appliance.jumpClock(-HOUR_MS);
    await deleted(claims);
  }, 300_000);
});
