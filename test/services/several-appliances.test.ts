import { beforeEach, describe, expect, test } from 'bun:test';
import { status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { GiB, MiB } from '../../src/core/bytes.ts';
import {
  CreateSnapshotRequest,
  CreateVolumeGroupSnapshotRequest,
  GetCapacityRequest,
} from '../../src/core/csi/generated/csi.ts';
import { BackendError } from '../../src/core/storage/backend-error.ts';
import { call, fromVolume, refusal } from './controller-rig.ts';
import { FleetRig } from './fleet-rig.ts';

let rig: FleetRig;
beforeEach(async () => {
  rig = await FleetRig.open();
});

const on = (appliance: string) => ({ parameters: { appliance } });
const segments = (...appliances: string[]) => ({
  segments: Object.fromEntries(appliances.map((name) => [`rose-csi.io/appliance-${name}`, 'true'])),
});

describe('a new volume', () => {
  test('goes to any of the appliances, and the same name to the same one', async () => {
    const names = Array.from({ length: 40 }, (_, at) => `volume-${at}`);
    const ids = await Promise.all(names.map((name) => rig.created(name)));
    expect(new Set(ids.map((id) => id.split('/')[0]))).toEqual(new Set(['a', 'b']));
    expect(await Promise.all(names.map((name) => rig.created(name)))).toEqual(ids);
  });

  test('goes where its StorageClass says, and to none that is not there', async () => {
    expect(await rig.created('v', on('b'))).toStartWith('b/');
    const answer = await refusal(rig.create('w', on('c')));
    expect(answer.code).toBe(status.INVALID_ARGUMENT);
    expect(answer.message).toContain('a, b');
  });

  test('goes where there is room', async () => {
    rig = await FleetRig.open({ a: 4n * MiB, b: GiB });
    for (let at = 0; at < 10; at += 1) expect(await rig.created(`v${at}`)).toStartWith('b/');
    const answer = await refusal(rig.create('v', { capacityRange: { requiredBytes: 2n * GiB } }));
    expect(answer.code).toBe(status.RESOURCE_EXHAUSTED);
  });

  test('honours requisite and preferred topologies', async () => {
    for (let at = 0; at < 10; at += 1) {
      const requisite = { accessibilityRequirements: { requisite: [segments('b')], preferred: [] } };
      expect(await rig.created(`r${at}`, requisite)).toStartWith('b/');
      const preferred = {
        accessibilityRequirements: {
          requisite: [segments('a'), segments('b')],
          preferred: [segments('a'), segments('b')],
        },
      };
      expect(await rig.created(`p${at}`, preferred)).toStartWith('a/');
    }
    const nowhere = { accessibilityRequirements: { requisite: [segments('c')], preferred: [] } };
    expect((await refusal(rig.create('n', nowhere))).code).toBe(status.RESOURCE_EXHAUSTED);
  });

  test('stays where it is when an appliance joins', async () => {
    const before = await FleetRig.open({ a: GiB, b: 64n * GiB, c: 64n * GiB });
    const [a] = before.backends;
    const old = a ? before.driver([a]) : before.driver();
    const { volume } = await before.create('old', {}, old);
    expect((await before.create('old')).volume).toEqual(volume);
    expect(await before.ids()).toHaveLength(1);
  });

  test('waits for an appliance that may have it already, unless its class names another', async () => {
    rig.backend('b').disconnect('unplugged');
    const answer = await refusal(rig.create('v'));
    expect(answer.code).toBe(status.UNAVAILABLE);
    expect(answer.message).toContain('may be on the appliance b already');
    expect(await rig.created('v', on('a'))).toStartWith('a/');
  });

  test('is refused where its name is on an appliance that the request rules out', async () => {
    await rig.created('v', on('a'));
    expect((await refusal(rig.create('v', on('b')))).code).toBe(status.ALREADY_EXISTS);
    const requisite = { accessibilityRequirements: { requisite: [segments('b')], preferred: [] } };
    expect((await refusal(rig.create('v', requisite))).code).toBe(status.ALREADY_EXISTS);
    expect(await rig.ids()).toHaveLength(1);
  });

  test('is never one of two that have its name: a person decides', async () => {
    for (const backend of rig.backends) await rig.create('v', {}, rig.driver([backend]));
    const answer = await refusal(rig.create('v'));
    expect(answer.code).toBe(status.FAILED_PRECONDITION);
    expect(answer.message).toContain('"v" is on a and on b');
    expect(await rig.ids()).toHaveLength(2);
  });

  test('of a class that names its appliance does not depend on another, but what that one says is heard', async () => {
    rig.faults.add({ operation: 'getVolume', when: 'before', kind: 'unavailable' });
    expect(await rig.created('v', on('a'))).toStartWith('a/');
    rig.faults.clear();
    rig.faults.add({ operation: 'getVolume', when: 'before', kind: 'precondition' });
    expect((await refusal(rig.create('w', on('a')))).code).toBe(status.FAILED_PRECONDITION);
    expect(await rig.ids()).toHaveLength(1);
  });

  test('is made once, whichever reply is lost and whatever becomes of the room meanwhile', async () => {
    const operations = ['createVolume', 'getVolume', 'pools'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            operation: fc.constantFrom(...operations),
            nth: fc.integer({ min: 1, max: 4 }),
            when: fc.constantFrom('before' as const, 'after' as const),
          }),
          { maxLength: 4 },
        ),
        fc.boolean(),
        async (rules, restarts) => {
          const fleet = await FleetRig.open({ a: GiB, b: GiB, c: GiB });
          for (const rule of rules) fleet.faults.add(rule);
          const id = await madeAtLast(fleet, restarts);
          fleet.faults.clear();
          const slot = id.slice(id.indexOf('/'));
          expect((await fleet.ids()).filter((one) => one.endsWith(slot))).toEqual([id]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** Creates `v` until it is told of it; before each retry there is less room somewhere, so that another would come first. */
async function madeAtLast(fleet: FleetRig, restarts: boolean): Promise<string> {
  const lasting = fleet.driver();
  const room = { capacityRange: { requiredBytes: 500n * MiB } };
  for (const [at, appliance] of [...'abcabcabcabcabc'].entries()) {
    const driver = restarts ? fleet.driver() : lasting;
    const made = await fleet.create('v', {}, driver).catch(() => undefined);
    if (made?.volume) return made.volume.volumeId;
    await fleet.create(`filler-${at}`, { ...on(appliance), ...room }).catch(() => undefined);
  }
  throw new Error('the volume could not be made');
}

describe('an appliance that is away', () => {
  test('leaves the volumes of the others alone', async () => {
    const ofA = await rig.created('v', on('a'));
    const ofB = await rig.created('w', on('b'));
    rig.backend('b').disconnect('unplugged');
    const { controller } = rig.driver();
    expect((await call(controller.controllerGetVolume, { volumeId: ofA })).volume?.volumeId).toBe(ofA);
    await call(controller.deleteVolume, { volumeId: ofA, secrets: {} });
    const answer = await refusal(call(controller.deleteVolume, { volumeId: ofB, secrets: {} }));
    expect(answer.code).toBe(status.UNAVAILABLE);
  });

  test('or refuses what it is asked leaves what is made on the others alone', async () => {
    const ofA = await rig.created('v', on('a'));
    const refuse = () => Promise.reject(new BackendError('permission', 'not enough permissions'));
    Object.assign(rig.backend('b'), { getVolume: refuse, getSnapshot: refuse });
    const { controller } = rig.driver();
    const snapshot = CreateSnapshotRequest.fromPartial({ name: 's', sourceVolumeId: ofA });
    expect((await call(controller.createSnapshot, snapshot)).snapshot?.sourceVolumeId).toBe(ofA);
  });

  test('makes lists fail, since what they left out would count as gone', async () => {
    await rig.created('v', on('a'));
    rig.backend('b').disconnect('unplugged');
    const { controller } = rig.driver();
    const page = { maxEntries: 0, startingToken: '' };
    const all = { ...page, snapshotId: '', sourceVolumeId: '', secrets: {} };
    expect((await refusal(call(controller.listVolumes, page))).code).toBe(status.UNAVAILABLE);
    expect((await refusal(call(controller.listSnapshots, all))).code).toBe(status.UNAVAILABLE);
    expect((await refusal(call(controller.listVolumes, { ...page, maxEntries: 1 }))).code).toBe(
      status.UNAVAILABLE,
    );
  });
});

describe('an appliance that is no longer configured', () => {
  test('is told of: its volumes are neither gone nor deleted', async () => {
    const volumeId = await rig.created('v', on('b'));
    const { controller } = rig.driver(rig.backends.filter(({ name }) => name === 'a'));
    for (const answer of [
      await refusal(call(controller.controllerGetVolume, { volumeId })),
      await refusal(call(controller.deleteVolume, { volumeId, secrets: {} })),
      await refusal(call(controller.controllerUnpublishVolume, { volumeId, nodeId: 'node-a', secrets: {} })),
    ]) {
      expect(answer.code).toBe(status.FAILED_PRECONDITION);
      expect(answer.message).toContain(
        'on the appliance "b", which this driver is not configured with; it has a',
      );
    }
    expect(await rig.ids()).toEqual([volumeId]);
  });
});

describe('lists', () => {
  test.each([1, 2, 3, 4, 6])(
    'page across appliances, %i at a time, in the order of the ids',
    async (maxEntries) => {
      rig = await FleetRig.open({ a: GiB, 'a-b': GiB, b: GiB, empty: GiB });
      const made: string[] = [];
      for (const [at, name] of ['a', 'a', 'a-b', 'a-b', 'b', 'b'].entries())
        made.push(await rig.created(`v${at}`, on(name)));
      const { controller, volumeCount } = rig.driver();
      const seen: string[] = [];
      let startingToken = '';
      do {
        const page = await call(controller.listVolumes, { maxEntries, startingToken });
        expect(page.entries.length).toBeGreaterThan(0);
        seen.push(...page.entries.map(({ volume }) => volume?.volumeId ?? ''));
        startingToken = page.nextToken;
      } while (startingToken !== '');
      expect(seen).toEqual([...made].sort());
      await call(controller.listVolumes, { maxEntries: 0, startingToken: '' });
      expect(['a', 'a-b', 'b', 'empty'].map((name) => volumeCount.last(name))).toEqual([2, 2, 2, 0]);
    },
  );
});

describe('copies', () => {
  test('stay on the appliance of their source, and a class that names another is told so', async () => {
    const source = await rig.created('v', on('b'));
    for (let at = 0; at < 6; at += 1) {
      expect(await rig.created(`clone-${at}`, fromVolume(source))).toStartWith('b/');
    }
    const answer = await refusal(rig.create('clone', { ...fromVolume(source), ...on('a') }));
    expect(answer.code).toBe(status.INVALID_ARGUMENT);
    expect(answer.message).toContain('copies stay on the appliance of their source');
  });

  test('of an appliance do not need the others, and one name is one snapshot', async () => {
    const [ofA, ofB] = [await rig.created('v', on('a')), await rig.created('w', on('b'))];
    const { controller } = rig.driver();
    const snapshot = (name: string, sourceVolumeId: string) =>
      call(controller.createSnapshot, CreateSnapshotRequest.fromPartial({ name, sourceVolumeId }));
    expect((await snapshot('s', ofA)).snapshot?.snapshotId).toStartWith('a/');
    expect((await refusal(snapshot('s', ofB))).code).toBe(status.ALREADY_EXISTS);
    rig.backend('b').disconnect('unplugged');
    expect((await snapshot('t', ofA)).snapshot?.snapshotId).toStartWith('a/');
  });

  test('of volumes on two appliances are no group', async () => {
    const sourceVolumeIds = [await rig.created('v', on('a')), await rig.created('w', on('b'))];
    const request = CreateVolumeGroupSnapshotRequest.fromPartial({ name: 'g', sourceVolumeIds });
    const answer = await refusal(call(rig.driver().groupController.createVolumeGroupSnapshot, request));
    expect(answer.code).toBe(status.FAILED_PRECONDITION);
    expect(answer.message).toContain('on a and b');
  });
});

describe('GetCapacity', () => {
  const capacity = (change: Parameters<typeof GetCapacityRequest.fromPartial>[0]) =>
    call(rig.driver().controller.getCapacity, GetCapacityRequest.fromPartial(change));

  test('adds up what nodes of a topology reach; the largest volume is that of one appliance', async () => {
    rig = await FleetRig.open({ a: GiB, b: 3n * GiB });
    expect(await capacity({})).toMatchObject({ availableCapacity: 4n * GiB, maximumVolumeSize: 3n * GiB });
    const ofA = await capacity({ accessibleTopology: segments('a') });
    expect(ofA).toMatchObject({ availableCapacity: GiB, maximumVolumeSize: GiB });
    expect(await capacity({ accessibleTopology: segments('c') })).toMatchObject({ availableCapacity: 0n });
    expect((await capacity(on('b'))).availableCapacity).toBe(3n * GiB);
  });

  test('does not ask an appliance that the topology leaves out', async () => {
    rig.backend('b').disconnect('unplugged');
    expect((await capacity({ accessibleTopology: segments('a') })).availableCapacity).toBe(10n * GiB);
    expect((await refusal(capacity({}))).code).toBe(status.UNAVAILABLE);
  });
});
