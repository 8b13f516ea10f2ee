import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { FaultPlan, type Operation } from '../../src/backends/mock/fault-plan.ts';
import type { MockBackend } from '../../src/backends/mock/mock-backend.ts';
import { MiB } from '../../src/core/bytes.ts';
import { detachedContext } from '../../src/core/call-context.ts';
import { BackendError } from '../../src/core/storage/backend-error.ts';
import { snapshotSlot } from '../../src/core/storage/snapshot-slot.ts';
import { slotFor, snapshotId, volumeId } from '../../src/core/storage/volume-id.ts';
import { node } from './bench.ts';
import { APPLIANCE, folderStores, type MockFixture, memoryStores, mockFixture } from './mock-fixtures.ts';
import { ACCESSES, MAX_READERS, Model, SIZES } from './mock-model.ts';

const TOTAL = 12n * MiB;
const context = detachedContext(AbortSignal.timeout(600_000));
const idOf = (name: string) => volumeId(APPLIANCE, slotFor('contract', name));
const snapshotOf = (name: string) => snapshotId(APPLIANCE, snapshotSlot('contract', name));

/** The real thing, and the epoch that each volume was last seen in. */
interface Real {
  backend: MockBackend;
  readonly fixture: MockFixture;
  readonly faults: FaultPlan;
  readonly epochs: Map<string, string | undefined>;
  readonly past: Set<string>;
}

interface Step {
  readonly operation: Operation | 'restart';
  readonly fault: 'none' | 'before' | 'after';
  readonly expected: (model: Model) => string;
  readonly run: (backend: MockBackend) => Promise<unknown>;
}

/** The kind of an operation's error; tried again after an injected fault, as every caller does. */
async function kindOf(real: Real, { operation, fault, run }: Step): Promise<string> {
  if (operation !== 'restart' && fault !== 'none') real.faults.add({ operation, when: fault });
  for (;;) {
    try {
      await run(real.backend);
      return 'ok';
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      if (error.kind !== 'unavailable') return error.kind;
    } finally {
      real.faults.clear();
    }
  }
}

async function requireSame(model: Model, { backend, epochs, past }: Real): Promise<void> {
  const { items } = await backend.listVolumes({}, context);
  const volumes = items.map(({ name, capacityBytes, publications }) => {
    const claims = publications.map(({ node: holder, sharing, readonly }) => {
      return { node: String(holder), access: `${sharing} ${readonly ? 'ro' : 'rw'}` };
    });
    return [name, { size: capacityBytes, claims }] as const;
  });
  expect(new Map<string, unknown>(volumes)).toEqual(new Map<string, unknown>(model.volumes));
  const snapshots = (await backend.listSnapshots({}, {}, context)).items;
  expect(new Map(snapshots.map((taken) => [taken.name, [taken.source, taken.sizeBytes]]))).toEqual(
    new Map([...model.snapshots].map(([name, { source, size }]) => [name, [idOf(source), size]])),
  );
  const [pool] = await backend.pools(context);
  expect(pool?.availableBytes).toEqual({ thin: model.free, thick: model.free });
  for (const { name, epoch, publications } of items) {
    expect(epoch !== undefined).toBe(publications.length > 0);
    if (epoch !== undefined && epoch !== epochs.get(name)) {
      expect(past.has(epoch)).toBe(false);
      past.add(epoch);
    }
    epochs.set(name, epoch);
  }
}

class Command implements fc.AsyncCommand<Model, Real> {
  constructor(
    private readonly title: string,
    private readonly step: Step,
  ) {}

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    if (this.step.operation === 'restart') real.backend = await real.fixture.restart();
    else expect(await kindOf(real, this.step)).toBe(this.step.expected(model));
    await requireSame(model, real);
  }

  toString(): string {
    return this.step.fault === 'none' ? this.title : `${this.title} (fault ${this.step.fault})`;
  }
}

const names = fc.constantFrom('a', 'b', 'c');
const nodes = fc.constantFrom('n1', 'n2', 'n3', 'n4');
const sizes = fc.constantFrom(...SIZES);
const accesses = fc.constantFrom(...ACCESSES);
const faults = fc.constantFrom('none', 'none', 'none', 'before', 'after') as fc.Arbitrary<Step['fault']>;

const steps = {
  create: fc.tuple(names, sizes, faults).map(([name, size, fault]) => {
    const spec = { name, requiredBytes: size, provisioning: 'thin', compression: false } as const;
    return new Command(`create ${name} ${size}`, {
      operation: 'createVolume',
      fault,
      expected: (model) => model.create(name, size),
      run: (backend) => backend.createVolume(spec, context),
    });
  }),
  expand: fc.tuple(names, sizes, faults).map(
    ([name, size, fault]) =>
      new Command(`expand ${name} ${size}`, {
        operation: 'expandVolume',
        fault,
        expected: (model) => model.expand(name, size),
        run: (backend) => backend.expandVolume(idOf(name), size, context),
      }),
  ),
  delete: fc.tuple(names, faults).map(
    ([name, fault]) =>
      new Command(`delete ${name}`, {
        operation: 'deleteVolume',
        fault,
        expected: (model) => model.delete(name),
        run: (backend) => backend.deleteVolume(idOf(name), context),
      }),
  ),
  publish: fc.tuple(names, nodes, accesses, faults).map(([name, holder, access, fault]) => {
    const sharing = access.startsWith('single') ? ('single' as const) : ('multi' as const);
    const claim = { node: node(holder), sharing, readonly: access.endsWith('ro') };
    return new Command(`publish ${name} ${holder} ${access}`, {
      operation: 'publishVolume',
      fault,
      expected: (model) => model.publish(name, { node: holder, access }),
      run: (backend) => backend.publishVolume(idOf(name), claim, context),
    });
  }),
  unpublish: fc.tuple(names, fc.oneof(nodes, fc.constant('all')), faults).map(
    ([name, holder, fault]) =>
      new Command(`unpublish ${name} ${holder}`, {
        operation: 'unpublishVolume',
        fault,
        expected: (model) => model.unpublish(name, holder),
        run: (backend) => backend.unpublishVolume(idOf(name), node(holder), {}, context),
      }),
  ),
  snapshot: fc.tuple(names, names, faults).map(
    ([name, source, fault]) =>
      new Command(`snapshot ${name} of ${source}`, {
        operation: 'createSnapshot',
        fault,
        expected: (model) => model.snapshot(name, source),
        run: (backend) => backend.createSnapshot({ name, source: idOf(source) }, context),
      }),
  ),
  deleteSnapshot: fc.tuple(names, faults).map(
    ([name, fault]) =>
      new Command(`delete snapshot ${name}`, {
        operation: 'deleteSnapshot',
        fault,
        expected: (model) => model.deleteSnapshot(name),
        run: (backend) => backend.deleteSnapshot(snapshotOf(name), context),
      }),
  ),
  restart: fc.constant(
    new Command('restart', {
      operation: 'restart',
      fault: 'none',
      expected: () => 'ok',
      run: async () => undefined,
    }),
  ),
};

async function obeys(
  open: () => Promise<MockFixture>,
  plan: FaultPlan,
  commands: Iterable<fc.AsyncCommand<Model, Real>>,
): Promise<void> {
  const fixture = await open();
  const { backend } = fixture;
  try {
    const real: Real = { backend, fixture, faults: plan, epochs: new Map(), past: new Set() };
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
  const commands = fc.commands(Object.values(steps), { maxCommands: 60 });
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
  const commands = fc.commands(Object.values(steps), { maxCommands: 40 });
  await fc.assert(
    fc.asyncProperty(commands, (list) => obeys(open, plan, list)),
    { numRuns: 15 },
  );
}, 60_000);
