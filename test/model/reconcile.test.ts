import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { AttachmentReconciler } from '../../src/core/reconcile/attachment-reconciler.ts';
import { OrphanSweeper } from '../../src/core/reconcile/orphan-sweeper.ts';
import { RemainsSweeper } from '../../src/core/reconcile/remains-sweeper.ts';
import type { Mandate, Reports, VolumeLocks } from '../../src/core/reconcile/surroundings.ts';
import { guarded } from './guarded-backend.ts';
import { type Happening, happen, happening } from './happenings.ts';
import { ModelCluster } from './model-cluster.ts';
import { SWEEP_APART_MS } from './remains.ts';
import { DAY_MS } from './remains-happenings.ts';
import { DRIVER, World } from './world.ts';

const RUNS = Number(process.env['MODEL_RUNS'] ?? 2000);
const MINUTES = 60_000;
const mandate: Mandate = { signal: new AbortController().signal, valid: () => true };

type Reconciler = 'attachments' | 'orphans' | 'remains';
type Step =
  | { readonly do: 'happen'; readonly what: Happening }
  /** With these in the middle of it. */
  | { readonly do: 'round'; readonly of: Reconciler; readonly meanwhile: readonly Happening[] }
  | { readonly do: 'cache'; readonly how: 'refresh' | 'lose' }
  | { readonly do: 'takeOver' };

/** What hurts most in the middle of a round. */
const awkward: fc.Arbitrary<Happening> = fc.record({
  kind: fc.constantFrom(
    'reattach' as const,
    'adopt' as const,
    'publishAll' as const,
    'bindLate' as const,
    'adoptRemains' as const,
    'createAgain' as const,
  ),
  pick: fc.nat({ max: 1000 }),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('happen' as const), what: happening }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('round' as const),
      of: fc.constantFrom('attachments' as const, 'orphans' as const, 'remains' as const),
      meanwhile: fc.array(fc.oneof(happening, awkward), { maxLength: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('cache' as const),
      how: fc.constantFrom('refresh' as const, 'lose' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('takeOver' as const) }) },
);

async function rig() {
  const world = await World.create();
  const cluster = new ModelCluster(world);
  const taken: string[] = [];
  const counts: Record<string, number> = {};
  const locks: VolumeLocks = {
    hold: (volume) => {
      if (world.locked.has(volume)) return undefined;
      world.locked.add(volume);
      return () => world.locked.delete(volume);
    },
  };
  const reports: Reports = {
    acted: () => undefined,
    round: () => undefined,
    counts: (_, some) => Object.assign(counts, some),
  };
  const backend = guarded(world, taken);
  const common = {
    driver: DRIVER,
    backend,
    cluster,
    locks,
    reports,
    clock: world.clock,
    announcer: { announce: () => undefined },
  };
  const attachments = new AttachmentReconciler({ ...common, apartMs: 2 * MINUTES });
  const sweeper = { ...common, apartMs: SWEEP_APART_MS, mode: 'delete' as const };
  const reconcilers = {
    attachments,
    orphans: new OrphanSweeper(sweeper),
    remains: new RemainsSweeper(sweeper),
  };
  const round = async (of: Reconciler, meanwhile: readonly Happening[] = []) => {
    cluster.interruptions.push(...meanwhile.map((what) => () => happen(world, what)));
    await reconcilers[of].round(mandate, world.context).catch(() => undefined);
    cluster.interruptions.length = 0;
  };
  const takeOver = () => {
    for (const one of Object.values(reconcilers)) one.forget();
  };
  return { world, cluster, taken, counts, round, takeOver };
}

type Rig = Awaited<ReturnType<typeof rig>>;

async function play(given: Rig, steps: readonly Step[]): Promise<void> {
  for (const one of steps) {
    if (one.do === 'happen') await happen(given.world, one.what);
    else if (one.do === 'round') await given.round(one.of, one.meanwhile);
    else if (one.do === 'takeOver') given.takeOver();
    else if (one.how === 'refresh') given.cluster.refresh();
    else given.cluster.isSynced = false;
  }
}

/** Quiet: everything is reachable, nothing happens any more. */
async function calm({ world, cluster, round }: Rig): Promise<void> {
  world.apiUp = true;
  world.backend.reconnect();
  // Marks of whatever time are old by then.
  world.remains.setClock(DAY_MS);
  for (let at = 0; at < 4; at += 1) {
    cluster.refresh();
    await round('attachments');
    await round('orphans');
    await round('remains');
    world.clock.advance(SWEEP_APART_MS);
  }
}

describe('the reconcilers, over random histories', () => {
  test(`${RUNS} of them: nothing live is taken away, nothing foreign touched, and in the end every leftover is found`, async () => {
    let cleared = 0;
    let deleted = 0;
    let removed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }), async (steps) => {
        const given = await rig();
        const { world, taken, counts } = given;
        await play(given, steps);
        const theirs = await world.foreign.listVolumes({}, world.context);
        await calm(given);
        expect(taken.filter((what) => what.startsWith('WRONG'))).toEqual([]);
        expect(await world.foreign.listVolumes({}, world.context)).toEqual(theirs);
        const { items } = await world.backend.listVolumes({}, world.context);
        const unresolved = [...world.attachments.values()].some(
          ({ persistentVolume, nodeId, node }) =>
            !world.persistentVolumes.has(persistentVolume ?? '') || (!nodeId && !world.nodes.has(node)),
        );
        const left = items.flatMap(({ id, publications }) =>
          publications.filter(({ node }) => !world.isWanted(id, node)).map(({ node }) => `${id} ${node}`),
        );
        if (!unresolved) expect(left).toEqual([]);
        const forgotten = items.filter(
          ({ id, publications }) => publications.length === 0 && !world.hasClaimant(id),
        );
        if (!unresolved) {
          expect(forgotten.every(({ everPublished }) => everPublished)).toBe(true);
          expect(counts['orphans'] ?? 0).toBe(forgotten.length);
        }
        const lying = world.remains.items.filter(({ id }) => !world.isKnown(id));
        if (!unresolved) {
          expect(lying.filter(({ state }) => state === 'deleted')).toEqual([]);
          expect(counts['remains'] ?? 0).toBe(lying.length);
        }
        removed += taken.filter((what) => what.startsWith('removed')).length;
        cleared += taken.filter((what) => what.startsWith('cleared')).length;
        deleted += taken.filter((what) => what.startsWith('deleted')).length;
        await world.close();
      }),
      { numRuns: RUNS },
    );
    // The histories do lead to what the reconcilers are for.
    expect(cleared).toBeGreaterThan(RUNS / 100);
    expect(deleted).toBeGreaterThan(RUNS / 100);
    expect(removed).toBeGreaterThan(RUNS / 100);
  }, 600_000);
});
