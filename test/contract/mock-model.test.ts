import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { FaultPlan } from '../../src/backends/mock/fault-plan.ts';
import { MiB } from '../../src/core/bytes.ts';
import { BackendError } from '../../src/core/storage/backend-error.ts';
import { folderStores, type MockFixture, memoryStores, mockFixture } from './mock-fixtures.ts';
import { MAX_READERS, Model } from './mock-model.ts';
import { ModelWitness, modelCommands, modelContext, type Real, type Step } from './model-commands.ts';

type Fault = 'before' | 'after';

const TOTAL = 12n * MiB;

/** The mock, which fails before or after an operation as its plan says. */
class RealMock implements Real<Fault> {
  backend: MockFixture['backend'];
  private readonly witness = new ModelWitness();

  constructor(
    private readonly fixture: MockFixture,
    private readonly plan: FaultPlan,
  ) {
    this.backend = fixture.backend;
  }

  async perform({ operation, run }: Step, fault: Fault | undefined): Promise<string> {
    if (fault) this.plan.add({ operation, when: fault });
    for (;;) {
      try {
        await run(this.backend, modelContext);
        return 'ok';
      } catch (error) {
        if (!(error instanceof BackendError)) throw error;
        if (error.kind !== 'unavailable') return error.kind;
      } finally {
        this.plan.clear();
      }
    }
  }

  async restart(): Promise<void> {
    this.backend = await this.fixture.restart();
  }

  async requireSame(model: Model): Promise<void> {
    await this.witness.requireSame(model, this.backend, true);
    const [pool] = await this.backend.pools(modelContext);
    expect(pool?.availableBytes).toEqual({ thin: model.free, thick: model.free });
  }
}

const faults = fc.constantFrom<Fault | undefined>(undefined, undefined, undefined, 'before', 'after');

async function obeys(
  open: () => Promise<MockFixture>,
  plan: FaultPlan,
  commands: Iterable<fc.AsyncCommand<Model, Real<Fault>>>,
): Promise<void> {
  const fixture = await open();
  try {
    const real = new RealMock(fixture, plan);
    await fc.asyncModelRun(() => ({ model: new Model(TOTAL), real }), commands);
  } finally {
    await fixture.dispose();
  }
}

const pools = [{ name: 'main', capacityBytes: TOTAL }];
const capabilities = { maxVolumeBytes: 64n * MiB, maxReaders: MAX_READERS };

test('in memory, no sequence of operations, faults and restarts leads away from the model', async () => {
  const plan = new FaultPlan();
  const open = () => mockFixture(memoryStores(), { faults: plan, pools, capabilities });
  const commands = modelCommands(faults, { maxCommands: 60, snapshots: true });
  await fc.assert(
    fc.asyncProperty(commands, (list) => obeys(open, plan, list)),
    { numRuns: 150 },
  );
}, 60_000);

test('in a data folder, no sequence of operations, faults and restarts leads away from the model', async () => {
  const plan = new FaultPlan();
  const open = async () => {
    const { reopen, remove } = await folderStores();
    return mockFixture(reopen, { faults: plan, pools, capabilities }, remove);
  };
  const commands = modelCommands(faults, { maxCommands: 40, snapshots: true });
  await fc.assert(
    fc.asyncProperty(commands, (list) => obeys(open, plan, list)),
    { numRuns: 15 },
  );
}, 60_000);
