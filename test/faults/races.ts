import { expect } from 'bun:test';
import { MiB } from '../../src/core/bytes.ts';
import type { ConnectionChange } from '../../src/core/storage/connection-options.ts';
import type { Export, VolumeSpec } from '../../src/core/storage/volume.ts';
import { claim, node, persistently } from '../contract/bench.ts';
import { type Race, type RaceOutcome, requireConsistent } from './race.ts';
import { BTRFS, PLAIN, spec, within } from './world.ts';

type Operation = Race['before'];

const context = () => within(10_000);

const create =
  (change: Partial<VolumeSpec>): Operation =>
  (backend, { name }) =>
    persistently(() => backend.createVolume(spec(name, change), context()));
const remove: Operation = (backend, { id }) => persistently(() => backend.deleteVolume(id, context()));
const expand =
  (times: bigint): Operation =>
  (backend, { id }) =>
    persistently(() => backend.expandVolume(id, times * MiB, context()));
const modify =
  (connection: ConnectionChange): Operation =>
  (backend, { id }) =>
    persistently(() => backend.modifyVolume(id, { connection }, context()));
const publish =
  (to: string): Operation =>
  (backend, { id }) =>
    persistently(() => backend.publishVolume(id, claim(to), context()));
const unpublish =
  (from: string): Operation =>
  (backend, { id }) =>
    persistently(() => backend.unpublishVolume(id, node(from), {}, context()));

/** Without a second try: what it was asked for may be another's by then. */
const removeOnce: Operation = (backend, { id }) => backend.deleteVolume(id, context());

/** One after the other. @returns what the last one gave */
const all =
  (...operations: readonly Operation[]): Operation =>
  async (backend, subject) => {
    let outcome: unknown;
    for (const operation of operations) outcome = await operation(backend, subject);
    return outcome;
  };

const epochOf = (result: PromiseSettledResult<unknown>): Export['epoch'] | undefined =>
  result.status === 'fulfilled' ? (result.value as Export).epoch : undefined;

const done = ({ status }: PromiseSettledResult<unknown>): boolean => status === 'fulfilled';

/** It is there as the second one left it: nothing of what came late has touched it. */
function requireUntouched(outcome: RaceOutcome): void {
  expect(done(outcome.meanwhile)).toBe(true);
  const isGone = outcome.world.simulator.appliance.disk(outcome.subject.slot) === undefined;
  if (isGone && !outcome.hasLooked) return;
  expect(requireConsistent(outcome)).toMatchObject({ holders: [], bytes: MiB });
}

function inPool(pool: string): Race[] {
  const made = create({ pool });
  const again = all(remove, made);
  return [
    {
      title: `a late publish of a volume in ${pool} that another node gets`,
      before: made,
      late: publish('node-a'),
      meanwhile: publish('node-b'),
      check: (outcome) => {
        const { holders, epoch } = requireConsistent(outcome);
        const winner = done(outcome.late) ? outcome.late : outcome.meanwhile;
        expect([done(outcome.late), done(outcome.meanwhile)].filter(Boolean)).toHaveLength(1);
        expect(holders).toEqual([done(outcome.late) ? 'node-a' : 'node-b']);
        expect(epoch).toBe(epochOf(winner));
      },
    },
    {
      title: `a late publish of a volume in ${pool} that is made anew`,
      before: made,
      late: publish('node-a'),
      meanwhile: again,
      check: (outcome) => {
        const { holders } = requireConsistent(outcome);
        if (done(outcome.meanwhile) && holders.length > 0) expect(holders).toEqual(['node-a']);
      },
    },
    {
      title: `a late re-export in ${pool} of an epoch that ends`,
      before: all(made, publish('node-a')),
      late: publish('node-a'),
      meanwhile: all(unpublish('node-a'), publish('node-b')),
      check: (outcome) => {
        const { holders, epoch } = requireConsistent(outcome);
        if (!done(outcome.meanwhile)) return;
        expect(holders).toEqual(['node-b']);
        expect(epoch).toBe(epochOf(outcome.meanwhile));
      },
    },
    {
      title: `a late unpublish in ${pool} of an epoch that another has followed`,
      before: all(made, publish('node-a')),
      late: unpublish('node-a'),
      meanwhile: all(unpublish('node-a'), publish('node-b')),
      check: (outcome) => {
        expect([outcome.late, outcome.meanwhile].map(done)).toEqual([true, true]);
        const { holders, epoch } = requireConsistent(outcome);
        expect({ holders, epoch }).toEqual({
          holders: ['node-b'],
          epoch: epochOf(outcome.meanwhile),
        });
      },
    },
    {
      title: `a late delete in ${pool} of a volume that is made anew`,
      before: made,
      late: removeOnce,
      meanwhile: again,
      check: requireUntouched,
    },
    {
      title: `a late delete in ${pool} of a volume that is published`,
      before: made,
      late: removeOnce,
      meanwhile: publish('node-b'),
      check: (outcome) => {
        if (!done(outcome.meanwhile)) return expect(outcome.world.remains(outcome.subject.slot)).toEqual([]);
        expect(done(outcome.late)).toBe(false);
        expect(requireConsistent(outcome).holders).toEqual(['node-b']);
      },
    },
    {
      title: `a late expansion in ${pool} below one that is done`,
      before: made,
      late: expand(2n),
      meanwhile: expand(5n),
      check: (outcome) => {
        expect([outcome.late, outcome.meanwhile].map(done)).toEqual([true, true]);
        expect(requireConsistent(outcome).bytes).toBe(5n * MiB);
      },
    },
    {
      title: `a late expansion in ${pool} of a volume that is made anew`,
      before: made,
      late: expand(2n),
      meanwhile: again,
      check: (outcome) => {
        expect(done(outcome.meanwhile)).toBe(true);
        requireConsistent(outcome);
      },
    },
    {
      title: `a late modification in ${pool} of a connection beside another`,
      before: all(made, modify({ queues: 3 })),
      late: modify({ queues: 1 }),
      meanwhile: modify({ ctrlLossTimeout: 60 }),
      check: (outcome) => {
        expect([outcome.late, outcome.meanwhile].map(done)).toEqual([true, true]);
        expect(requireConsistent(outcome).connection).toEqual({ queues: 1, ctrlLossTimeout: 60 });
      },
    },
    {
      title: `a late modification in ${pool} of a volume that is published`,
      before: made,
      late: modify({ queues: 1 }),
      meanwhile: publish('node-b'),
      check: (outcome) => {
        expect([outcome.late, outcome.meanwhile].map(done)).toEqual([true, true]);
        expect(requireConsistent(outcome)).toMatchObject({
          holders: ['node-b'],
          epoch: epochOf(outcome.meanwhile),
          connection: { queues: 1 },
        });
      },
    },
    {
      title: `a late publish in ${pool} of a volume that is modified`,
      before: made,
      late: publish('node-a'),
      meanwhile: modify({ queues: 1 }),
      check: (outcome) => {
        expect([outcome.late, outcome.meanwhile].map(done)).toEqual([true, true]);
        const { holders, connection } = requireConsistent(outcome);
        expect({ holders, connection }).toEqual({ holders: ['node-a'], connection: { queues: 1 } });
        if (outcome.hasLooked) expect(outcome.late).toMatchObject({ value: { connection } });
      },
    },
    {
      title: `a late create in ${pool} beside another of the same name`,
      before: () => Promise.resolve(),
      late: made,
      meanwhile: made,
      check: (outcome) => {
        expect(done(outcome.meanwhile) || done(outcome.late)).toBe(true);
        requireConsistent(outcome);
      },
    },
    {
      title: `a late create in ${pool} of a volume that is made, deleted and made anew`,
      before: () => Promise.resolve(),
      late: made,
      meanwhile: all(made, again),
      check: (outcome) => {
        expect(done(outcome.meanwhile) || done(outcome.late)).toBe(true);
        requireConsistent(outcome);
      },
    },
  ];
}

export const RACES: readonly Race[] = [...inPool(PLAIN), ...inPool(BTRFS)];
