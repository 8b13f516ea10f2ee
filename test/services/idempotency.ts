import { describe, expect, test } from 'bun:test';
import { namedSlot } from '../../src/core/storage/named-slot.ts';
import type { StorageBackend } from '../../src/core/storage/storage-backend.ts';
import { type Outcome, type RawClient, TestEdge } from '../support/edge.ts';
import { controllersOver } from './controller-rig.ts';
import { done, MUTATIONS, type Mutation } from './mutations.ts';

/** An appliance with a driver's backend in front of it. */
export interface Appliance {
  readonly backend: StorageBackend;
  readonly clusterId: string;
  /** The next reply of a mutation is lost, after all was done. @returns whether the backend has met that by itself */
  loseReply(mutation: Mutation): () => boolean;
  close(): Promise<void>;
}

interface IdempotencyBench {
  readonly appliance: Appliance;
  readonly edge: TestEdge;
  readonly call: () => Promise<Outcome>;
}

/** How long a driver may need to be sure again after a lost reply, ms. */
const RECOVERY_MS = 10_000;

/**
 * Every mutating RPC through the real edge: twice, twice at once, and again after a lost reply gives the same answer,
 * and one object.
 */
export function idempotencyOf(title: string, open: () => Promise<Appliance>): void {
  async function ready(mutation: Mutation, body: (bench: IdempotencyBench) => Promise<void>): Promise<void> {
    const appliance = await open();
    const { backend, clusterId } = appliance;
    const { controller, groupController } = controllersOver([backend], clusterId);
    const edge = await TestEdge.start(
      { controller, groupController, identity: {} },
      { slotOf: (kind, name) => namedSlot(clusterId, kind, name) },
    );
    try {
      const request = await mutation.prepare(edge.client);
      await body({ appliance, edge, call: () => edge.client.call(mutation.rpc, request) });
    } finally {
      await edge.stop();
      await appliance.close();
    }
  }

  describe.each(MUTATIONS.map((mutation) => [mutation.title, mutation] as const))(
    `${title}: %s`,
    (_, mutation) => {
      test('twice gives the same answer and changes nothing more', () =>
        ready(mutation, async ({ edge, call }) => {
          const first = await call();
          expect(first).toMatchObject({ code: 'OK' });
          const state = await stateOf(edge.client);
          expect(await call()).toEqual(first);
          expect(await stateOf(edge.client)).toEqual(state);
          expect(countsOf(state)).toEqual(mutation.leaves);
        }));

      test('twice at once gives the same answer, or ABORTED, and one object', () =>
        ready(mutation, async ({ edge, call }) => {
          const both = await Promise.all([call(), call()]);
          const answers = both.filter(({ code }) => code !== 'ABORTED');
          expect(answers.length).toBeGreaterThan(0);
          const again = await call();
          expect(again).toMatchObject({ code: 'OK' });
          for (const answer of answers) expect(answer).toEqual(again);
          expect(countsOf(await stateOf(edge.client))).toEqual(mutation.leaves);
        }));

      test('after a lost reply gives an answer that stays, and one object', () =>
        ready(mutation, async ({ appliance, edge, call }) => {
          const lost = appliance.loseReply(mutation);
          const { answer, failures } = await answered(call);
          expect(failures > 0 || lost()).toBe(true);
          expect(await call()).toEqual(answer);
          expect(countsOf(await stateOf(edge.client))).toEqual(mutation.leaves);
        }));
    },
  );
}

/** Calls as a sidecar does: again, as long as the code says so. */
async function answered(call: () => Promise<Outcome>): Promise<{ answer: Outcome; failures: number }> {
  const deadline = performance.now() + RECOVERY_MS;
  for (let failures = 0; ; failures += 1) {
    const outcome = await call();
    if (outcome.code === 'OK') return { answer: outcome, failures };
    expect(['UNAVAILABLE', 'ABORTED', 'DEADLINE_EXCEEDED']).toContain(outcome.code);
    if (performance.now() > deadline) throw new Error(`no answer in ${RECOVERY_MS} ms: ${outcome.details}`);
    await Bun.sleep(20);
  }
}

interface State {
  readonly volumes: unknown;
  readonly snapshots: unknown;
}

const stateOf = async (client: RawClient): Promise<State> => ({
  volumes: await done(client, 'listVolumes', {}),
  snapshots: await done(client, 'listSnapshots', {}),
});

function countsOf({ volumes, snapshots }: State): Mutation['leaves'] {
  const count = (list: unknown) => (list as { entries: unknown[] }).entries.length;
  return { volumes: count(volumes), snapshots: count(snapshots) };
}
