import { expect } from 'bun:test';
import { clusterTag, readRecord } from '../../src/backends/routeros/records/volume-record.ts';
import type { RouterosBackend } from '../../src/backends/routeros/routeros-backend.ts';
import { slotFor, type VolumeId, volumeId } from '../../src/core/storage/volume-id.ts';
import { writes } from '../simulator/ssh/run-line.ts';
import { naming, removed } from './scenario.ts';
import { CLUSTER, type World } from './world.ts';

export interface Subject {
  readonly id: VolumeId;
  readonly slot: string;
  readonly name: string;
}

type Operation = (backend: RouterosBackend, subject: Subject) => Promise<unknown>;

/** Two replicas at one volume: the script of one stops between two statements, and goes on after the other has acted. */
export interface Race {
  readonly title: string;
  /** What is so before. */
  readonly before: Operation;
  readonly late: Operation;
  readonly meanwhile: Operation;
  /** After both, whatever they ended with. @throws where something is not as it must be */
  check(outcome: RaceOutcome): void;
}

export interface RaceOutcome {
  readonly world: World;
  readonly subject: Subject;
  readonly late: PromiseSettledResult<unknown>;
  readonly meanwhile: PromiseSettledResult<unknown>;
  /** The late script had looked for the volume when it was held. Before that it is as if it began only afterwards. */
  readonly hasLooked: boolean;
}

/** Runs a race at each of the late script's boundaries. @returns how many there were */
export async function raceEverywhere(
  world: World,
  other: RouterosBackend,
  race: Race,
  onlyAtWrites: boolean,
): Promise<number> {
  const commands = await rehearse(world, race);
  const points = commands
    .map((_, at) => at + 1)
    .filter((point) => !onlyAtWrites || isNearWrite(commands, point));
  const failures: string[] = [];
  for (const point of points) {
    try {
      await raceAt(world, other, race, {
        point,
        hasLooked: commands.slice(0, point - 1).includes('/disk/find'),
      });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      failures.push(`held before statement ${point} (${commands[point - 1]}): ${text}`);
    }
  }
  expect(failures).toEqual([]);
  expect(world.losses.splice(0)).toEqual([]);
  return points.length;
}

const isNearWrite = (commands: readonly string[], point: number): boolean =>
  commands.slice(point - 1, point + 1).some(writes);

function subjectOf(race: Race, key: string): Subject {
  const name = `${race.title}-${key}`;
  const slot = slotFor(CLUSTER, name);
  return { name, slot, id: volumeId('rds', slot) };
}

async function rehearse(world: World, race: Race): Promise<string[]> {
  const subject = subjectOf(race, 'rehearsal');
  await race.before(world.backend, subject);
  const entries = await world.simulator.journal.during(() => race.late(world.backend, subject));
  await removed(world, subject.id);
  return entries.filter(({ text }) => text.includes(subject.slot)).flatMap(({ statements }) => statements);
}

async function raceAt(
  world: World,
  other: RouterosBackend,
  race: Race,
  { point, hasLooked }: { readonly point: number; readonly hasLooked: boolean },
): Promise<void> {
  const subject = subjectOf(race, String(point));
  await race.before(world.backend, subject);
  const hold = world.simulator.faults.add({
    fault: { kind: 'hang' },
    on: { exec: naming(subject.slot), statement: /./ },
    from: point,
  });
  const late = settled(race.late(world.backend, subject));
  await Promise.race([hold.whenMet(), late]);
  const meanwhile = await settled(race.meanwhile(other, subject));
  const isThere = world.simulator.appliance.disk(subject.slot) !== undefined;
  if (meanwhile.status === 'fulfilled' && isThere && hasLooked) world.acknowledge(subject.slot);
  hold.remove();
  const outcome = { world, subject, late: await late, meanwhile, hasLooked };
  try {
    race.check(outcome);
  } finally {
    await removed(world, subject.id);
  }
  expect(world.remains(subject.slot)).toEqual([]);
}

async function settled<T>(work: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [result] = await Promise.allSettled([work]);
  return result;
}

/** Record, export and image say the same. @returns who holds the volume, and its epoch */
export function requireConsistent({ world, subject: { slot } }: RaceOutcome) {
  const disk = world.simulator.appliance.disk(slot);
  if (!disk) throw new Error('the volume is gone');
  const read = readRecord(disk.comment, clusterTag(CLUSTER));
  if (read.state !== 'ours') throw new Error(`the record is ${read.state}: ${disk.comment}`);
  const { publications, epoch, connection } = read.record;
  const exported = world.simulator.appliance.exports().filter((one) => one.slot === slot);
  expect(exported.map(({ nqn }) => nqn.split('.').at(-1))).toEqual(epoch === undefined ? [] : [epoch]);
  expect(disk.hasImage).toBe(true);
  const beside = disk.filePath.slice(1).replace(/[.]img$/, '.rec');
  const record = world.simulator.appliance.files().find(({ name }) => name === beside);
  expect(record?.contents ?? 'no record').toContain(`"slot":"${slot}"`);
  return { holders: publications.map(({ node }) => String(node)), epoch, connection, bytes: disk.fileSize };
}
