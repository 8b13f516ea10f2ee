import { describe, expect, test } from 'bun:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { detachedContext } from '../call-context.ts';
import type { Attachment, Cluster, ClusterView } from './cluster.ts';
import { StaleAttachmentReconciler } from './stale-attachment-reconciler.ts';
import type { Mandate } from './surroundings.ts';

const DRIVER = 'rose-csi.io';
const GONE_MS = 1000;
const { signal } = new AbortController();

const attachmentOf = (at: number, node: string): Attachment => ({
  name: `va-${at}`,
  uid: `uid-${at}`,
  driver: DRIVER,
  node,
  persistentVolume: `pv-${at}`,
  attached: true,
  deleting: false,
});

/** A cluster that counts what it is asked. */
function rig(attachments: readonly Attachment[], synced = true) {
  const asked = { live: 0, pods: 0, node: 0 };
  const there = new Map(attachments.map((one) => [one.uid, one]));
  const nodes = new Set<string>();
  const inUse = new Set<string>();
  const view = (): ClusterView => ({
    attachments: [...there.values()],
    persistentVolumes: attachments.map(({ persistentVolume: name = '' }) => ({
      name,
      uid: name,
      driver: DRIVER,
      handle: `rds/${name}`,
      reclaim: 'Delete',
      claim: { namespace: 'default', name: name.replace('pv', 'claim'), uid: name },
    })),
    registrations: [],
    nodes: new Set(),
  });
  const cluster: Cluster = {
    synced: () => synced,
    cached: view,
    live: async () => {
      asked.live += 1;
      return view();
    },
    pendingClaims: async () => [],
    nodeExists: async (node) => {
      asked.node += 1;
      return nodes.has(node);
    },
    claimsInUse: async () => {
      asked.pods += 1;
      return inUse;
    },
    deleteAttachment: async ({ uid }) => void there.delete(uid),
  };
  const clock = new ManualClock();
  const outcomes: string[] = [];
  const reconciler = new StaleAttachmentReconciler({
    cluster,
    driver: DRIVER,
    clock,
    announcer: { announce: () => undefined },
    reports: {
      acted: (_, outcome) => outcomes.push(outcome),
      round: () => undefined,
      counts: () => undefined,
    },
    goneMs: GONE_MS,
  });
  const mandate: Mandate = { signal, valid: () => true };
  const round = () => reconciler.round(mandate, detachedContext(signal));
  return { asked, there, nodes, inUse, clock, round, outcomes, mandate, reconciler };
}

describe('attachments of nodes that are gone', () => {
  test('500 of them are deleted after one look at the cluster for every twenty, and one at the node for each', async () => {
    const { asked, there, clock, round } = rig(
      Array.from({ length: 500 }, (_, at) => attachmentOf(at, 'gone')),
    );
    await round();
    expect(there.size).toBe(500);
    clock.advance(GONE_MS);
    await round();
    expect(there.size).toBe(0);
    expect(asked).toEqual({ live: 25, pods: 25, node: 500 });
  });

  test('stay where the node is back, where a pod uses the claim, and where the object is another one', async () => {
    const { there, nodes, inUse, clock, round, outcomes } = rig([
      attachmentOf(0, 'back'),
      attachmentOf(1, 'gone'),
      attachmentOf(2, 'gone'),
    ]);
    await round();
    nodes.add('back');
    inUse.add('default/claim-1');
    clock.advance(GONE_MS);
    await round();
    expect([...there.keys()]).toEqual(['uid-0', 'uid-1']);
    expect(outcomes).toEqual(['overtaken', 'overtaken', 'done']);
  });

  test('stay where the mandate ends in the middle', async () => {
    const { there, clock, reconciler, mandate } = rig([attachmentOf(0, 'gone'), attachmentOf(1, 'gone')]);
    await reconciler.round(mandate, detachedContext(signal));
    clock.advance(GONE_MS);
    await reconciler.round({ ...mandate, valid: () => there.size > 1 }, detachedContext(signal));
    expect(there.size).toBe(1);
  });

  test('are left alone by a view that is not current', async () => {
    const { round, asked } = rig([attachmentOf(0, 'gone')], false);
    await expect(round()).rejects.toThrow('not synced');
    expect(asked).toEqual({ live: 0, pods: 0, node: 0 });
  });
});
