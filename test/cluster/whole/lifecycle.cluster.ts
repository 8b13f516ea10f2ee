/**
 * Run by `make e2e-kube`: volumes' lives through Kubernetes objects alone, with real controllers and sidecars. What is
 * left at the end is asked of the appliance itself.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Cluster } from '../rig/cluster.ts';
import { eventually } from '../rig/eventually.ts';
import { withoutLease } from '../rig/requests.ts';

const MANY = 100;
const KILLS_A_STEP = 5;
const KILLS = 4 * KILLS_A_STEP;
const LONG_MS = 300_000;

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start();
}, 300_000);

afterAll(() => cluster?.stop(), 60_000);

describe('a volume, by Kubernetes objects alone', () => {
  test('is provisioned, attached, expanded, snapshotted, restored, detached and deleted; nothing is left', async () => {
    const { objects, looks } = cluster;
    await objects.claim('life');
    await eventually('it is bound', () => looks.bound(['life']));
    await objects.pod('user', 'node-a', ['life']);
    await eventually('it is attached', () => looks.attached(1));
    expect(await looks.nqnOf('life')).toContain(await looks.slotOf('life'));

    await objects.expand('life', '16Mi');
    await eventually('the volume is larger', async () => {
      const { spec } = await objects.volumeOf('life');
      return (spec['capacity'] as { storage: string }).storage === '16Mi' || spec['capacity'];
    });
    await objects.snapshot('moment', 'life');
    await eventually('the snapshot is ready', async () =>
      (await objects.list.snapshots()).some(({ status }) => status?.['readyToUse'] === true),
    );
    await objects.claim('restored', '16Mi', 'moment');
    await eventually('it is restored', () => looks.bound(['restored']));
    await objects.pod('reader', 'node-b', ['restored']);
    await eventually('both are attached', () => looks.attached(2));

    for (const name of ['user', 'reader']) await objects.remove.pod(name);
    await eventually('both are detached', () => looks.attached(0));
    expect(await looks.exported()).toEqual(new Map());
    await objects.remove.snapshot('moment');
    await eventually('the snapshot is gone', () => looks.none('contents'));
    for (const name of ['life', 'restored']) await objects.remove.claim(name);
    await eventually('the volumes are gone', () => looks.none('volumes'));
    await eventually('the appliance is empty', () => looks.empty());
  }, 180_000);
});

describe(`${MANY} claims at once`, () => {
  const told: string[] = [];

  /** Claims, pods, then all of it taken away. @param hurt what happens beside each of the four steps */
  async function life(wave: string, hurt: () => Promise<void>): Promise<void> {
    const { objects, looks } = cluster;
    const claims = Array.from({ length: MANY }, (_, at) => `${wave}-${at}`);
    const timed = async (what: string, work: () => Promise<unknown>): Promise<void> => {
      const begun = performance.now();
      await Promise.all([work(), hurt()]);
      told.push(`${what} ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    };
    await timed('bound', async () => {
      await Promise.all(claims.map((name) => objects.claim(name, '1Mi')));
      await eventually('all are bound', () => looks.bound(claims), LONG_MS);
    });
    await timed('attached', async () => {
      await Promise.all(claims.map((name, at) => objects.pod(name, at % 2 ? 'node-a' : 'node-b', [name])));
      await eventually('all are attached', () => looks.attached(MANY), LONG_MS);
    });
    expect((await looks.exported()).size).toBe(MANY);
    await timed('detached', async () => {
      await Promise.all(claims.map((name) => objects.remove.pod(name)));
      await eventually('all are detached', () => looks.attached(0), LONG_MS);
    });
    await timed('deleted', async () => {
      await Promise.all(claims.map((name) => objects.remove.claim(name)));
      await eventually('all are deleted', () => looks.none('volumes'), LONG_MS);
    });
    await eventually('the appliance is empty', () => looks.empty());
  }

  test('cost the API server next to nothing of ours', async () => {
    const counts = await cluster.plane.requests.during(() => life('many', async () => undefined));
    const said = JSON.stringify(Object.fromEntries(counts));
    process.stderr.write(`${MANY} claims: ${told.splice(0).join(', ')}; our requests: ${said}\n`);
    // A round of reconciliation that meets something half done looks live. For a volume itself nothing is asked.
    expect(withoutLease(counts)).toBeLessThan(MANY);
  }, 600_000);

  test(`the controller is killed ${KILLS} times in that: everything converges, nothing leaks`, async () => {
    let kills = 0;
    await life('killed', async () => {
      for (let at = 0; at < KILLS_A_STEP; ) {
        await Bun.sleep(Math.random() * 1500);
        if (cluster.driver.kill()) at += 1;
      }
      kills += KILLS_A_STEP;
    });
    await eventually('it serves again', async () => {
      const { restarts } = cluster.driver;
      return (restarts === KILLS && (await cluster.probe())) || { restarts };
    });
    await cluster.roundsPass(2);
    expect(await cluster.looks.empty()).toBe(true);
    process.stderr.write(`${MANY} claims, ${kills} kills: ${told.splice(0).join(', ')}\n`);
  }, 900_000);
});
