import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { RouterosBackend } from '../../src/backends/routeros/routeros-backend.ts';
import { MiB, TiB } from '../../src/core/bytes.ts';
import { BackendError } from '../../src/core/storage/backend-error.ts';
import { MAX_READERS, Model } from '../contract/mock-model.ts';
import { ModelWitness, modelCommands, type Real, type Step } from '../contract/model-commands.ts';
import type { Fault } from '../simulator/faults/fault.ts';
import { BTRFS, PLAIN, World, within } from './world.ts';

/** At the n-th statement of what the operation sends; faults of replies at its n-th exec. */
interface Mishap {
  readonly fault: Fault;
  readonly at: number;
}

const REPLIES: readonly Fault[] = [
  { kind: 'reply-lost' },
  { kind: 'sentinel-missing' },
  { kind: 'half-line' },
  { kind: 'half-line', end: 'cut' },
  { kind: 'garbage-before' },
  { kind: 'stray-line' },
  { kind: 'wrap', columns: 33 },
  { kind: 'exit-code', code: 1 },
];
const MOMENTS: readonly Fault[] = [{ kind: 'cut' }, { kind: 'reboot', awayMs: 5 }];
const REFUSALS: readonly Fault[] = [{ kind: 'disk-full' }, { kind: 'busy' }, { kind: 'unknown-error' }];

const mishaps: fc.Arbitrary<Mishap> = fc.oneof(
  fc.record({ fault: fc.constantFrom(...REPLIES), at: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ fault: fc.constantFrom(...MOMENTS), at: fc.integer({ min: 1, max: 90 }) }),
  fc.record({ fault: fc.constantFrom(...REFUSALS), at: fc.integer({ min: 1, max: 5 }) }),
);
const faults = fc.option(mishaps, { nil: undefined, freq: 2 });

/** RouterOS over SSH, with faults of the appliance; what is on it is compared, and not only what the driver lists. */
class RealAppliance implements Real<Mishap> {
  backend: RouterosBackend;
  private readonly witness = new ModelWitness();

  constructor(
    private readonly world: World,
    private readonly snapshots: boolean,
  ) {
    this.backend = world.backend;
  }

  async perform({ run }: Step, mishap: Mishap | undefined): Promise<string> {
    if (mishap) await this.struck(run, mishap);
    try {
      await this.world.persist((context) => run(this.backend, context), 20, 10_000, this.backend);
      return 'ok';
    } catch (error) {
      if (error instanceof BackendError) return error.kind;
      throw error;
    }
  }

  /** Once with the fault in force; whatever it ends with, it is asked for again. */
  private async struck(run: Step['run'], { fault, at }: Mishap): Promise<void> {
    const moment = MOMENTS.includes(fault);
    const rule = { fault, from: at, on: moment ? { statement: /./ } : {} };
    const active = this.world.simulator.faults.add(rule);
    await run(this.backend, within(10_000)).catch((error: unknown) => {
      if (!(error instanceof BackendError)) throw error;
    });
    active.remove();
  }

  async restart(): Promise<void> {
    this.backend = await this.world.replica();
  }

  async requireSame(model: Model): Promise<void> {
    await this.world.persist(
      () => this.witness.requireSame(model, this.backend, this.snapshots),
      20,
      10_000,
      this.backend,
    );
    const { appliance } = this.world.simulator;
    expect(appliance.disks()).toHaveLength(model.volumes.size);
    const published = [...model.volumes.values()].filter(({ claims }) => claims.length > 0);
    expect(appliance.exports()).toHaveLength(published.length);
    const files = appliance.files().filter(({ name }) => /[.](img|rec)$/.test(name));
    // A snapshot has image and record of its source.
    expect(files).toHaveLength(2 * (model.volumes.size + model.snapshots.size));
    if (this.snapshots) {
      const subvolumes = appliance.subvolumes().filter(({ fullname }) => fullname.startsWith('csi/'));
      expect(subvolumes).toHaveLength(model.volumes.size + model.snapshots.size);
    }
  }
}

test.each([
  [PLAIN, 'xfs', false],
  [BTRFS, 'btrfs', true],
] as const)(
  'on %s (%s), no sequence of operations, faults and restarts leads away from the model',
  async (slot, fs, snapshots) => {
    const commands = modelCommands(faults, { maxCommands: 25, snapshots });
    const options = {
      pools: [{ slot, fs, bytes: 1000n * MiB }],
      driver: { options: { capabilities: { maxVolumeBytes: 64n * MiB, maxReaders: MAX_READERS } } },
    };
    await fc.assert(
      fc.asyncProperty(commands, async (list) => {
        const world = await World.open(options);
        try {
          const real = new RealAppliance(world, snapshots);
          await fc.asyncModelRun(() => ({ model: new Model(TiB), real }), list);
          expect(world.losses).toEqual([]);
        } finally {
          await world.close();
        }
      }),
      { numRuns: 25 },
    );
  },
  120_000,
);
