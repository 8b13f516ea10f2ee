import { expect } from 'bun:test';
import fc from 'fast-check';
import { type CallContext, detachedContext } from '../../src/core/call-context.ts';
import { snapshotSlot } from '../../src/core/storage/snapshot-slot.ts';
import type { StorageBackend } from '../../src/core/storage/storage-backend.ts';
import { slotFor, snapshotId, volumeId } from '../../src/core/storage/volume-id.ts';
import { node } from './bench.ts';
import { ACCESSES, type Model, SIZES } from './mock-model.ts';

export const modelContext: CallContext = detachedContext(AbortSignal.timeout(600_000));

/** One operation of the port, and what the model expects of it: `ok` or an error kind. */
export interface Step {
  readonly operation:
    | 'createVolume'
    | 'expandVolume'
    | 'deleteVolume'
    | 'publishVolume'
    | 'unpublishVolume'
    | 'createSnapshot'
    | 'deleteSnapshot';
  readonly expected: (model: Model) => string;
  readonly run: (backend: StorageBackend, context: CallContext) => Promise<unknown>;
}

/** The real thing. */
export interface Real<Fault> {
  readonly backend: StorageBackend;
  /** Does it with the fault in force, and again without, as every caller does. @returns `ok` or an error's kind */
  perform(step: Step, fault: Fault | undefined): Promise<string>;
  restart(): Promise<void>;
  /** @throws where anything is not as the model says */
  requireSame(model: Model): Promise<void>;
}

class Operation<Fault> implements fc.AsyncCommand<Model, Real<Fault>> {
  constructor(
    private readonly title: string,
    private readonly step: Step,
    private readonly fault: Fault | undefined,
  ) {}

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real<Fault>): Promise<void> {
    expect(await real.perform(this.step, this.fault)).toBe(this.step.expected(model));
    await real.requireSame(model);
  }

  toString(): string {
    return this.fault === undefined ? this.title : `${this.title} (fault ${JSON.stringify(this.fault)})`;
  }
}

class Restart<Fault> implements fc.AsyncCommand<Model, Real<Fault>> {
  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real<Fault>): Promise<void> {
    await real.restart();
    await real.requireSame(model);
  }

  toString(): string {
    return 'restart';
  }
}

const names = fc.constantFrom('a', 'b', 'c');
const nodes = fc.constantFrom('n1', 'n2', 'n3', 'n4');
const sizes = fc.constantFrom(...SIZES);
const accesses = fc.constantFrom(...ACCESSES);

const idOf = ({ name: appliance }: StorageBackend, name: string) =>
  volumeId(appliance, slotFor('contract', name));
const snapshotOf = ({ name: appliance }: StorageBackend, name: string) =>
  snapshotId(appliance, snapshotSlot('contract', name));

type Titled = readonly [title: string, step: Step];

const onVolumes: readonly fc.Arbitrary<Titled>[] = [
  fc.tuple(names, sizes).map(([name, size]) => {
    const spec = { name, requiredBytes: size, provisioning: 'thin', compression: false } as const;
    const run: Step['run'] = (backend, context) => backend.createVolume(spec, context);
    return [
      `create ${name} ${size}`,
      { operation: 'createVolume', expected: (model) => model.create(name, size), run },
    ];
  }),
  fc.tuple(names, sizes).map(([name, size]) => {
    const run: Step['run'] = (backend, context) => backend.expandVolume(idOf(backend, name), size, context);
    return [
      `expand ${name} ${size}`,
      { operation: 'expandVolume', expected: (model) => model.expand(name, size), run },
    ];
  }),
  names.map((name) => {
    const run: Step['run'] = (backend, context) => backend.deleteVolume(idOf(backend, name), context);
    return [`delete ${name}`, { operation: 'deleteVolume', expected: (model) => model.delete(name), run }];
  }),
  fc.tuple(names, nodes, accesses).map(([name, holder, access]) => {
    const sharing = access.startsWith('single') ? ('single' as const) : ('multi' as const);
    const claim = { node: node(holder), sharing, readonly: access.endsWith('ro') };
    const run: Step['run'] = (backend, context) => backend.publishVolume(idOf(backend, name), claim, context);
    const expected: Step['expected'] = (model) => model.publish(name, { node: holder, access });
    return [`publish ${name} ${holder} ${access}`, { operation: 'publishVolume', expected, run }];
  }),
  fc.tuple(names, fc.oneof(nodes, fc.constant('all'))).map(([name, holder]) => {
    const run: Step['run'] = (backend, context) =>
      backend.unpublishVolume(idOf(backend, name), node(holder), {}, context);
    const expected: Step['expected'] = (model) => model.unpublish(name, holder);
    return [`unpublish ${name} ${holder}`, { operation: 'unpublishVolume', expected, run }];
  }),
];

const onSnapshots: readonly fc.Arbitrary<Titled>[] = [
  fc.tuple(names, names).map(([name, source]) => {
    const run: Step['run'] = (backend, context) =>
      backend.createSnapshot({ name, source: idOf(backend, source) }, context);
    const expected: Step['expected'] = (model) => model.snapshot(name, source);
    return [`snapshot ${name} of ${source}`, { operation: 'createSnapshot', expected, run }];
  }),
  names.map((name) => {
    const run: Step['run'] = (backend, context) => backend.deleteSnapshot(snapshotOf(backend, name), context);
    const expected: Step['expected'] = (model) => model.deleteSnapshot(name);
    return [`delete snapshot ${name}`, { operation: 'deleteSnapshot', expected, run }];
  }),
];

/** Sequences of operations, some with a fault, and of restarts. */
export function modelCommands<Fault>(
  faults: fc.Arbitrary<Fault | undefined>,
  { maxCommands, snapshots }: { readonly maxCommands: number; readonly snapshots: boolean },
): fc.Arbitrary<Iterable<fc.AsyncCommand<Model, Real<Fault>>>> {
  const steps = snapshots ? [...onVolumes, ...onSnapshots] : onVolumes;
  const operations = steps.map((titled) =>
    fc.tuple(titled, faults).map(([[title, step], fault]) => new Operation(title, step, fault)),
  );
  // Without the size, few sequences would have more than a handful.
  return fc.commands([...operations, fc.constant(new Restart<Fault>())], { maxCommands, size: 'max' });
}

/** Compares what a backend lists, and that no epoch ever comes back. */
export class ModelWitness {
  private readonly epochs = new Map<string, string | undefined>();
  private readonly past = new Set<string>();

  async requireSame(model: Model, backend: StorageBackend, snapshots: boolean): Promise<void> {
    const { items } = await backend.listVolumes({}, modelContext);
    const volumes = items.map(({ name, capacityBytes, publications }) => {
      const claims = publications.map(({ node: holder, sharing, readonly }) => {
        return { node: String(holder), access: `${sharing} ${readonly ? 'ro' : 'rw'}` };
      });
      return [name, { size: capacityBytes, claims }] as const;
    });
    expect(new Map<string, unknown>(volumes)).toEqual(new Map<string, unknown>(model.volumes));
    for (const { name, epoch, publications } of items) {
      expect(epoch !== undefined).toBe(publications.length > 0);
      if (epoch !== undefined && epoch !== this.epochs.get(name)) {
        expect(this.past.has(epoch)).toBe(false);
        this.past.add(epoch);
      }
      this.epochs.set(name, epoch);
    }
    if (!snapshots) return;
    const taken = (await backend.listSnapshots({}, {}, modelContext)).items;
    expect(new Map(taken.map(({ name, source, sizeBytes }) => [name, [source, sizeBytes]]))).toEqual(
      new Map([...model.snapshots].map(([name, { source, size }]) => [name, [idOf(backend, source), size]])),
    );
  }
}
