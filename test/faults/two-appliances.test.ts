import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { RouterosBackend } from '../../src/backends/routeros/routeros-backend.ts';
import {
  CreateVolumeRequest,
  VolumeCapability_AccessMode_Mode as Mode,
} from '../../src/core/csi/generated/csi.ts';
import { call, controllersOver, mount } from '../services/controller-rig.ts';
import type { Fault } from '../simulator/faults/fault.ts';
import { until } from '../support/until.ts';
import { CLUSTER, World } from './world.ts';

/** More than one wait for the connections, ms: what did not come back is then named, not a test that took too long. */
const LONG = 60_000;
const NAMES = ['left', 'right'] as const;
let worlds: World[];
let backends: RouterosBackend[];
beforeAll(async () => {
  worlds = await Promise.all(NAMES.map((name) => World.open({ driver: { options: { name } } })));
  backends = worlds.map(({ backend }) => backend);
}, LONG);
afterAll(async () => {
  await Promise.all(worlds.map((world) => world.close()));
}, LONG);

/** By a driver that remembers nothing, so that only the appliances can tell. */
const create = (name: string) =>
  call(
    controllersOver(backends, CLUSTER).controller.createVolume,
    CreateVolumeRequest.fromPartial({
      name,
      capacityRange: { requiredBytes: 1n << 20n },
      volumeCapabilities: [mount(Mode.SINGLE_NODE_WRITER)],
    }),
  );

/** As the provisioner does: until it is told of a volume. */
async function createdAtLast(name: string): Promise<string> {
  for (let tries = 0; tries < 20; tries += 1) {
    await until('the connections', () => backends.every((backend) => backend.health().connected), 10_000);
    const answer = await create(name).catch(() => undefined);
    if (answer?.volume) return answer.volume.volumeId;
  }
  throw new Error(`${name} could not be made`);
}

const disksOf = (slot: string): string[] =>
  worlds.flatMap(({ simulator }, at) =>
    simulator.appliance
      .disks()
      .filter((disk) => disk.slot === slot)
      .map(() => `${NAMES[at]}/${slot}`),
  );

let met = 0;
const FAULTS: readonly Fault[] = [
  { kind: 'cut' },
  { kind: 'cut', at: 'after' },
  { kind: 'reply-lost' },
  { kind: 'half-line', end: 'cut' },
  { kind: 'sentinel-missing' },
  { kind: 'reboot', awayMs: 20, at: 'after' },
];
/** Of a creation: it looks at the name, at the pools, and creates; more would not be reached. */
const EXECS = [1, 2, 3];

const CASES = NAMES.flatMap((at, world) =>
  EXECS.flatMap((exec) =>
    FAULTS.map((fault) => ({
      title: `${JSON.stringify(fault)} at exec ${exec} of ${at}`,
      world,
      exec,
      fault,
    })),
  ),
);

test.each(CASES)(
  'two appliances make one volume: $title',
  async ({ title, world, exec, fault }) => {
    const rule = worlds[world]?.simulator.faults.add({ fault, from: exec });
    const id = await createdAtLast(title);
    rule?.remove();
    if (rule?.met === 1) met += 1;
    expect(await createdAtLast(title)).toBe(id);
    expect(disksOf(id.split('/')[1] ?? '')).toEqual([id]);
  },
  LONG,
);

test('both appliances were used, and every fault that stands before a choice was met', () => {
  const counts = worlds.map(({ simulator }) => simulator.appliance.disks().length);
  expect(Math.min(...counts)).toBeGreaterThan(0);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(CASES.length);
  // The third exec is only one of the appliance that is chosen.
  expect(met).toBeGreaterThanOrEqual((CASES.length * 2) / 3);
});
