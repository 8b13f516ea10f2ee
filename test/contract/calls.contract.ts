import { expect } from 'bun:test';
import { type CallContext, detachedContext } from '../../src/core/call-context.ts';
import { BackendError } from '../../src/core/storage/backend-error.ts';
import { snapshotId } from '../../src/core/storage/volume-id.ts';
import { type Bench, type Check, claim, expectKind, rejection } from './bench.ts';

/** Every operation of the port, on a volume that is there. */
async function operations(bench: Bench): Promise<Record<string, (context: CallContext) => Promise<unknown>>> {
  const { backend } = bench;
  const { id } = await bench.create('target');
  const snapshot = snapshotId(backend.name, 'no-such-snapshot');
  return {
    pools: (context) => backend.pools(context),
    createVolume: (context) => backend.createVolume(bench.spec('new'), context),
    deleteVolume: (context) => backend.deleteVolume(id, context),
    getVolume: (context) => backend.getVolume(id, context),
    listVolumes: (context) => backend.listVolumes({}, context),
    expandVolume: (context) => backend.expandVolume(id, 2n * bench.small, context),
    modifyVolume: (context) => backend.modifyVolume(id, { compression: true }, context),
    publishVolume: (context) => backend.publishVolume(id, claim('node-a'), context),
    unpublishVolume: (context) => backend.unpublishVolume(id, 'all', {}, context),
    createSnapshot: (context) => backend.createSnapshot({ name: 'never', source: id }, context),
    createGroupSnapshot: (context) => backend.createGroupSnapshot({ name: 'never', sources: [id] }, context),
    deleteSnapshot: (context) => backend.deleteSnapshot(snapshot, context),
    getSnapshot: (context) => backend.getSnapshot(snapshot, context),
    getGroupSnapshot: (context) => backend.getGroupSnapshot(snapshot, context),
    listSnapshots: (context) => backend.listSnapshots({}, {}, context),
  };
}

/** All that an operation could have changed. */
async function state(bench: Bench): Promise<unknown> {
  const { backend, context } = bench;
  return [
    await backend.listVolumes({}, context),
    await backend.listSnapshots({}, {}, context),
    await bench.available(),
  ];
}

export function callsContract(check: Check): void {
  check('a call that was cancelled before it began does nothing and says why', async (bench) => {
    const all = await operations(bench);
    const before = await state(bench);
    const reason = new BackendError('timeout', 'the caller went away');
    const cancelled = detachedContext(AbortSignal.abort(reason));
    for (const operate of Object.values(all)) expect(await rejection(operate(cancelled))).toBe(reason);
    expect(await state(bench)).toEqual(before);
  });

  check(
    'a call that is cancelled while it runs ends, and the same call afterwards gets what it wanted',
    async (bench) => {
      const reason = new BackendError('timeout', 'the caller went away');
      for (let at = 0; at < 5; at += 1) {
        const controller = new AbortController();
        const spec = bench.spec(`cut-${at}`);
        const created = bench.backend.createVolume(spec, detachedContext(controller.signal));
        for (let turns = 0; turns < at; turns += 1) await Promise.resolve();
        controller.abort(reason);
        await created.catch((error) => expect(error).toBeInstanceOf(BackendError));
        const volume = await bench.backend.createVolume(spec, bench.context);
        expect(await bench.read(volume)).toEqual(volume);
      }
      expect((await bench.backend.listVolumes({}, bench.context)).items).toHaveLength(5);
    },
  );

  check('health is known without asking', async (bench) => {
    await bench.backend.pools(bench.context);
    const health = bench.backend.health();
    expect(health).toEqual({ connected: true, since: health.since });
    expect(health.since).toBeGreaterThan(0);
  });

  check(
    'while the appliance is away every operation is unavailable; afterwards all is as before',
    async (bench) => {
      const { outage } = bench.fixture;
      const all = await operations(bench);
      const before = await state(bench);
      if (outage) {
        const reason = await outage.begin('the cable is out');
        for (const operate of Object.values(all)) {
          await expectKind('unavailable', operate(bench.context), reason);
        }
        const health = bench.backend.health();
        expect(health).toMatchObject({ connected: false, reason: expect.stringContaining(reason) });
        await outage.end();
      }
      expect(await state(bench)).toEqual(before);
      expect(bench.backend.health().connected).toBe(true);
    },
  );

  check('after a close every operation is unavailable, and a second close is a success', async (bench) => {
    const all = await operations(bench);
    await bench.backend.close();
    await bench.backend.close();
    for (const operate of Object.values(all)) await expectKind('unavailable', operate(bench.context));
    expect(bench.backend.health().connected).toBe(false);
  });
}
